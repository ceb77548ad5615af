"""planner.wasm under wasmtime: docs/planner-abi.md in Python."""

import struct
from pathlib import Path

from wasmtime import Instance, Module, Store


class PlannerError(Exception):
    """A refused call: code, axis, got, limit."""


class Planner:
    def __init__(self, path: Path) -> None:
        self._store = Store()
        instance = Instance(self._store, Module.from_file(self._store.engine, str(path)), [])
        self._exports = instance.exports(self._store)
        self._memory = self._exports["memory"]

    def constant(self, name: str) -> int:
        return self._exports[name].value(self._store)

    def call(self, name: str, arguments: list[int]) -> bytes:
        """Returns a copy of the result; raises PlannerError when the planner refuses."""
        if name == "plan":
            request = struct.pack(f"<{len(arguments)}i", *arguments)
            assert len(request) == self.constant("REQUEST_BYTES")
            self._memory.write(self._store, request, self._address("request_ptr"))
            arguments = []
        size = self._exports[name](self._store, *arguments)
        if size < 0:
            raise PlannerError(*struct.unpack("<iiqq", self._read("error_ptr", self.constant("ERROR_BYTES"))))
        return self._read("result_ptr", size)

    def axis_of(self, block: bytes, axis: int) -> bytes:
        """The records and the masks of one axis of a plan block."""
        header = self.constant("PLAN_AXES") + axis * self.constant("AXIS_HEADER_BYTES")
        _output, _count, records, masks, mask_bytes = struct.unpack_from("<5i", block, header)
        return block[records : masks + mask_bytes]

    def _address(self, name: str) -> int:
        return self._exports[name](self._store)

    def _read(self, pointer: str, size: int) -> bytes:
        at = self._address(pointer)
        return bytes(self._memory.read(self._store, at, at + size))
