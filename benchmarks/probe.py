"""How fast this machine is just now: a matrix product of 1024 x 1024 floats on one thread, and copies of memory.

python probe.py [floats ...]  prints GF/s, also of multiply-adds that never leave the registers (no product can be
faster; a library that does not know the processor is much slower), and GB/s (read and written) of copying arrays of
so many floats.
"""

import ctypes
import json
import sys
import time

import llvmlite.binding as llvm
import numpy as np

SIDE = 1024
SECONDS = 0.15
TURNS = 2**18


def fastest(work):
    """Return the seconds of the fastest of the repetitions that fit into SECONDS."""
    best, until = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def torch_product():
    import torch  # noqa: PLC0415  a second of import

    torch.set_num_threads(1)
    a, b, c = (torch.ones(SIDE, SIDE) for _ in range(3))
    return fastest(lambda: torch.mm(a, b, out=c))


def multiply_adds():
    """Return GF/s of fused multiply-adds in registers, the most a core can do; None where it has no such thing."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    if not features.get("fma", not features.get("sse", False)):
        return None
    lanes = 16 if features.get("avx512f") else 8 if features.get("avx") else 4
    # Beside one another: more than a core works at, fewer than it has registers.
    wide, chains = f"<{lanes} x float>", range(12 if lanes == 8 else 24)
    held = "".join(f"%a{i} = phi {wide} [%all, %start], [%b{i}, %turn]\n" for i in chains)
    moved = "".join(f"%b{i} = call {wide} @fma({wide} %a{i}, {wide} %all, {wide} %all)\n" for i in chains)
    added = "".join(f"%s{i + 1} = fadd {wide} %s{i}, %b{i}\n" for i in chains)
    code = f"""
        declare {wide} @fma({wide}, {wide}, {wide})
        define float @run(i64 %turns, float %number) {{
        start:
            %one = insertelement {wide} undef, float %number, i32 0
            %all = shufflevector {wide} %one, {wide} undef, <{lanes} x i32> zeroinitializer
            br label %turn
        turn:
            %left = phi i64 [%turns, %start], [%next, %turn]
            {held} {moved} %next = sub i64 %left, 1
            %more = icmp ne i64 %next, 0
            br i1 %more, label %turn, label %end
        end:
            %s0 = fadd {wide} %all, %all
            {added} %sum = extractelement {wide} %s{len(chains)}, i32 0
            ret float %sum
        }}
    """.replace("@fma", f"@llvm.fma.v{lanes}f32")
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(opt=2, cpu=llvm.get_host_cpu_name(), features=features.flatten())
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(code), machine)
    engine.finalize_object()
    run = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64, ctypes.c_float)(engine.get_function_address("run"))
    return 2 * len(chains) * lanes * TURNS / 1e9 / fastest(lambda: run(TURNS, 0.5))


def main():
    a, b, c = (np.ones((SIDE, SIDE), np.float32) for _ in range(3))
    work = 2 * SIDE**3 / 1e9
    found = {"numpy": work / fastest(lambda: np.matmul(a, b, out=c))}
    if sys.argv[1:]:
        found["torch"] = work / torch_product()
    found |= {"gflops": max(found.values()), "multiply_adds": multiply_adds(), "copy_gb_per_second": {}}
    for floats in map(int, sys.argv[1:]):
        source, target = np.ones(floats, np.float32), np.ones(floats, np.float32)
        found["copy_gb_per_second"][floats] = 8 * floats / 1e9 / fastest(lambda s=source, t=target: np.copyto(t, s))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
