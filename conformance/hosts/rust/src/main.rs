//! Runs the conformance kit on planner.wasm under wasmi.
//!
//! Usage: conformance planner.wasm vectors.json

mod planner;

use std::{env, error::Error, fs};

use base64::{Engine, prelude::BASE64_STANDARD};
use planner::{Planner, Refusal};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const SUITES: [&str; 7] = [
    "plans",
    "axes",
    "masks",
    "splits",
    "slices",
    "tilings",
    "rejections",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, wasm, vectors] = arguments.as_slice() else {
        return Err("usage: conformance planner.wasm vectors.json".into());
    };
    let mut planner = Planner::new(&fs::read(wasm)?)?;
    let vectors: Value = serde_json::from_slice(&fs::read(vectors)?)?;
    let mut suites = Map::new();
    for name in SUITES {
        let cases = vectors["suites"][name]
            .as_array()
            .ok_or("a suite is missing")?;
        suites.insert(name.into(), run_suite(&mut planner, cases)?);
    }
    let version = format!("Rust {}", env!("RUSTC_VERSION"));
    println!(
        "{}",
        json!({ "version": version, "engine": concat!("wasmi ", env!("WASMI_VERSION")), "suites": suites })
    );
    Ok(())
}

fn run_suite(planner: &mut Planner, cases: &[Value]) -> Result<Value, Box<dyn Error>> {
    let mut passed = 0;
    let mut first_difference = None;
    for case in cases {
        match difference(planner, case)? {
            None => passed += 1,
            Some(text) => {
                first_difference
                    .get_or_insert(format!("{}{}: {text}", case["call"], case["arguments"]));
            }
        }
    }
    let failed = cases.len() - passed;
    Ok(
        json!({ "passed": passed, "failed": failed, "skipped": 0, "firstDifference": first_difference }),
    )
}

/// What differs between the planner's answer and the vector's, or None.
fn difference(planner: &mut Planner, case: &Value) -> Result<Option<String>, Box<dyn Error>> {
    let name = case["call"].as_str().ok_or("a case has no call")?;
    let answer = planner.call(name, &int32s(&case["arguments"]))?;
    let result = match (&answer, case.get("error")) {
        (Err(refusal), Some(error)) => return Ok(compare_errors(planner, refusal, error)),
        (Err(refusal), None) => return Ok(Some(format!("got {refusal:?}"))),
        (Ok(_), Some(error)) => return Ok(Some(format!("expected {error}, got a result"))),
        (Ok(result), None) => result,
    };
    let part = match case["axis"].as_i64() {
        Some(axis) => planner.axis_of(result, axis as i32).ok_or("no such axis")?,
        None => result.clone(),
    };
    if let Some(expected) = case["sha256"].as_str() {
        let got = hex(&Sha256::digest(&part));
        let is_same = got == expected && case["bytes"].as_u64() == Some(part.len() as u64);
        return Ok(
            (!is_same).then(|| format!("expected {expected}, got {} bytes of {got}", part.len()))
        );
    }
    let mut expected: Vec<u8> = int32s(&case["int32"])
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    expected.extend(BASE64_STANDARD.decode(case["float32"].as_str().unwrap_or_default())?);
    Ok((part != expected).then(|| format!("expected {}, got {}", hex(&expected), hex(&part))))
}

fn compare_errors(planner: &Planner, refusal: &Refusal, error: &Value) -> Option<String> {
    let int = |name: &str| error[name].as_i64().unwrap_or_default();
    let expected = Refusal {
        code: int("code") as i32,
        axis: int("axis") as i32,
        got: int("got"),
        limit: int("limit"),
    };
    let constant = planner.constant(error["name"].as_str().unwrap_or_default());
    let is_same = *refusal == expected && constant == Some(expected.code);
    (!is_same).then(|| format!("expected {expected:?}, got {refusal:?}"))
}

fn int32s(value: &Value) -> Vec<i32> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .map(|value| value as i32)
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
