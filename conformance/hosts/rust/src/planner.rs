//! planner.wasm under wasmi: docs/planner-abi.md in Rust.

use wasmi::{Engine, Error, Extern, Instance, Memory, Module, Store, Val};

/// The planner's error record.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    pub code: i32,
    pub axis: i32,
    pub got: i64,
    pub limit: i64,
}

pub struct Planner {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Planner {
    /// Instantiates the module, which imports nothing.
    pub fn new(wasm: &[u8]) -> Result<Self, Error> {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, wasm)?, &[])?;
        let memory = instance
            .get_memory(&store, "memory")
            .ok_or_else(|| Error::new("no memory"))?;
        Ok(Planner {
            store,
            instance,
            memory,
        })
    }

    /// Reads an exported global.
    pub fn constant(&self, name: &str) -> Option<i32> {
        match self.instance.get_export(&self.store, name)? {
            Extern::Global(global) => global.get(&self.store).i32(),
            _ => None,
        }
    }

    /// Returns a copy of the result. The arguments of "plan" are the fields of its request.
    pub fn call(
        &mut self,
        name: &str,
        arguments: &[i32],
    ) -> Result<Result<Vec<u8>, Refusal>, Error> {
        let status = if name == "plan" {
            self.write_request(arguments)?;
            self.invoke(name, &[])?
        } else {
            self.invoke(name, arguments)?
        };
        if status < 0 {
            return Ok(Err(self.refusal()?));
        }
        let at = self.invoke("result_ptr", &[])?;
        Ok(Ok(self.read(at, status)))
    }

    /// The records and the masks of one axis of a plan block.
    pub fn axis_of(&self, block: &[u8], axis: i32) -> Option<Vec<u8>> {
        let header = self.constant("PLAN_AXES")? + axis * self.constant("AXIS_HEADER_BYTES")?;
        let field = |offset: i32| i32_at(block, header + offset) as usize;
        let (records, masks, mask_bytes) = (field(8), field(12), field(16));
        Some(block[records..masks + mask_bytes].to_vec())
    }

    fn write_request(&mut self, fields: &[i32]) -> Result<(), Error> {
        assert_eq!(
            self.constant("REQUEST_BYTES"),
            Some(4 * fields.len() as i32),
            "bytes of a request"
        );
        let bytes: Vec<u8> = fields
            .iter()
            .flat_map(|field| field.to_le_bytes())
            .collect();
        let at = self.invoke("request_ptr", &[])?;
        self.memory
            .write(&mut self.store, at as usize, &bytes)
            .map_err(|error| Error::new(error.to_string()))
    }

    fn refusal(&mut self) -> Result<Refusal, Error> {
        let at = self.invoke("error_ptr", &[])?;
        let record = self.read(at, 24);
        let i64_at = |offset: i32| {
            i64::from(i32_at(&record, offset) as u32) | i64::from(i32_at(&record, offset + 4)) << 32
        };
        Ok(Refusal {
            code: i32_at(&record, 0),
            axis: i32_at(&record, 4),
            got: i64_at(8),
            limit: i64_at(16),
        })
    }

    /// Copies bytes of the memory: the next call overwrites them.
    fn read(&self, at: i32, bytes: i32) -> Vec<u8> {
        self.memory.data(&self.store)[at as usize..(at + bytes) as usize].to_vec()
    }

    fn invoke(&mut self, name: &str, arguments: &[i32]) -> Result<i32, Error> {
        let function = self
            .instance
            .get_func(&self.store, name)
            .ok_or_else(|| Error::new(format!("no {name}")))?;
        let arguments: Vec<Val> = arguments
            .iter()
            .map(|&argument| Val::I32(argument))
            .collect();
        let mut result = [Val::I32(0)];
        function.call(&mut self.store, &arguments, &mut result)?;
        result[0]
            .i32()
            .ok_or_else(|| Error::new(format!("{name} returns no i32")))
    }
}

fn i32_at(bytes: &[u8], at: i32) -> i32 {
    let at = at as usize;
    i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
