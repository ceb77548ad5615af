"""Runs the conformance kit on planner.wasm under wasmtime, and compares it with the reference on NumPy.

Usage: python main.py planner.wasm vectors.json
"""

import base64
import hashlib
import json
import platform
import struct
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

import decodes
import reference
from planner import Planner, PlannerError

PLANNER_SUITES = ("plans", "axes", "masks", "splits", "slices", "tilings", "rejections")


def run_suite(cases: list[dict], check: Callable[[dict], str | None]) -> dict:
    """Counts the cases whose check returns None; what it returns otherwise is the difference."""
    passed, first = 0, None
    for case in cases:
        difference = check(case)
        if difference is None:
            passed += 1
        elif first is None:
            first = f"{case.get('call', 'decode')}{case.get('arguments', case.get('plan'))}: {difference}"
    return {"passed": passed, "failed": len(cases) - passed, "skipped": 0, "firstDifference": first}


def check_call(planner: Planner, case: dict) -> str | None:
    """What differs between the planner's answer and the vector's."""
    error = case.get("error")
    try:
        result = planner.call(case["call"], case["arguments"])
    except PlannerError as refusal:
        expected = error and (error["code"], error["axis"], error["got"], error["limit"])
        if refusal.args != expected:
            return f"expected {expected}, got error {refusal.args}"
        return None if planner.constant(error["name"]) == error["code"] else f"{error['name']} is another code"
    if error is not None:
        return f"expected {error['name']}, got a result"
    if "axis" in case:
        result = planner.axis_of(result, case["axis"])
    if "sha256" in case:
        got = (len(result), hashlib.sha256(result).hexdigest())
        expected = (case["bytes"], case["sha256"])
        return None if got == expected else f"expected {expected}, got {got}"
    values = case.get("int32", [])
    expected = struct.pack(f"<{len(values)}i", *values) + base64.b64decode(case.get("float32", ""))
    return None if result == expected else f"expected {expected.hex()}, got {result.hex()}"


def reference_bytes(planner: Planner, functions: dict, case: dict) -> bytes:
    """What the reference's algorithm gives for a call."""
    values = case["arguments"]
    if case["call"] == "plan":
        names = functions["plan"]
        return reference.plan_block(planner.constant("PLAN_VERSION"), names, dict(zip(names, values)))
    if case["call"] == "blend_mask":
        return reference.mask(*values[:3], values[3] != 0).tobytes()
    if case["call"] == "split_axis":
        return np.array(reference.split(values[0] == 1, *values[1:]), "<i4").tobytes()
    start, stop, mask = reference.map_interval(values[0] == 1, tuple(values[1:5]), values[5])
    return struct.pack("<2i", start, stop) + mask.tobytes()


def check_reference(planner: Planner, functions: dict, case: dict) -> str | None:
    """The first 32-bit value in which the planner and the reference differ."""
    got = np.frombuffer(planner.call(case["call"], case["arguments"]), "<u4")
    expected = np.frombuffer(reference_bytes(planner, functions, case), "<u4")
    if got.size != expected.size:
        return f"the reference gives {expected.size} values, the planner {got.size}"
    different = np.flatnonzero(got != expected)
    if different.size == 0:
        return None
    at = different[0]
    return f"value {at}: the reference gives 0x{expected[at]:08x}, the planner 0x{got[at]:08x}"


def check_decode(planner: Planner, functions: dict, case: dict) -> str | None:
    got = decodes.decode(planner, case, dict(zip(functions["plan"], case["plan"])))
    return None if got == case["sha256"] else f"expected {case['sha256']}, got {got}"


def main() -> None:
    planner, vectors = Planner(Path(sys.argv[1])), json.loads(Path(sys.argv[2]).read_text())
    functions, cases = vectors["functions"], vectors["suites"]
    suites = {name: run_suite(cases[name], lambda case: check_call(planner, case)) for name in PLANNER_SUITES}
    compared = [case for name in ("plans", "axes", "masks", "splits", "slices") for case in cases[name]]
    suites["NumPy reference"] = run_suite(compared, lambda case: check_reference(planner, functions, case))
    suites["decodes NumPy"] = run_suite(cases["decodes"], lambda case: check_decode(planner, functions, case))
    report = {
        "version": f"Python {platform.python_version()}, NumPy {np.__version__}",
        "engine": f"wasmtime {version('wasmtime')}",
        "suites": suites,
    }
    print(json.dumps(report))


main()
