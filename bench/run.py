#!/usr/bin/env python3
"""Side-by-side benchmark of GraphQL-over-gRPC BFFs. Standard library only.

  ./build.sh && ./run.py --out results/full

Starts the backends and every peer, checks that all peers answer each query
alike, then loads them in turn: every cell (latency, query, concurrency) is
measured peer after peer, in several rounds, and medians are reported.
Ends only the processes it started.
"""
import argparse
import json
import math
import os
import sys
import time
from pathlib import Path

from harness import HERE, Bench, bodies, canon, control, first_difference, median, query_text, where


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--work", default=os.environ.get("BENCH_WORK", str(HERE / ".work")))
    ap.add_argument("--peers", default="L0,L1,P1,AB")
    ap.add_argument("--queries", default="Q1,Q2,Q3,Q4")
    ap.add_argument("--conc", default="1,16,64")
    ap.add_argument("--latency", default="0,5", help="simulated backend latency, ms")
    ap.add_argument("--jitter-us", type=int, default=500, help="added at random, when the latency is not 0")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--secs", type=int, default=2)
    ap.add_argument("--warm", type=int, default=4, help="seconds per peer and query before the first round")
    ap.add_argument("--identical", action="store_true", help="all requests alike, so that what may be shared is")
    ap.add_argument("--no-pin", action="store_true", help="do not pin BFF to core 0, the rest to core 1")
    ap.add_argument("--check-only", action="store_true")
    ap.add_argument("--out", default="results/run")
    a = ap.parse_args()
    names = a.peers.split(",")
    queries = a.queries.split(",")
    out = Path(a.out) if Path(a.out).is_absolute() else HERE / a.out
    out.mkdir(parents=True, exist_ok=True)
    cells, verify = {}, {}
    with Bench(a.work, names, pin=not a.no_pin) as bench:
        names = [n for n in names if n in bench.started]

        # 1. The same answers from all.
        files = {}
        ref = "P1" if "P1" in names else names[-1]
        for q in queries:
            answers = {}
            for n in names:
                bs = list(bodies(query_text(bench.peers[n], q), q, identical=a.identical))
                files[n, q] = bench.tmp / f"{n}.{q}.bodies"
                files[n, q].write_text("\n".join(bs) + "\n")
                got = []
                control("reset")
                for body in bs[:3]:
                    raw = bench.post(n, body)
                    try:
                        got.append((len(raw), json.loads(raw)))
                    except ValueError:
                        got.append((len(raw), {"errors": raw[:200].decode(errors="replace")}))
                c = control("counters")
                answers[n] = got
                verify[f"{n} {q}"] = dict(
                    bytes=got[0][0], errors=sum("errors" in g for _, g in got),
                    rpcs=round(sum(m["calls"] for m in c.values()) / len(got), 2),
                    keys=round(sum(m["keys"] for m in c.values()) / len(got), 2),
                    methods={k: round(m["calls"] / len(got), 2) for k, m in c.items() if m["calls"]})
            for n in names:
                d = None
                for (_, x), (_, y) in zip(answers[n], answers[ref]):
                    d = d or ("errors: " + json.dumps(x["errors"])[:200] if "errors" in x else
                              first_difference(canon(x.get("data")), canon(y.get("data"))))
                    if n == "L0":
                        break  # always answers with the first
                verify[f"{n} {q}"]["same"] = d is None
                v = verify[f"{n} {q}"]
                print(f"{q} {n:4} {'same' if d is None else 'DIFFERS ' + d}  {v['bytes']} B  {v['rpcs']} RPCs {v['methods']}",
                      flush=True)
        if a.check_only:
            return

        # 2. Warm up (JIT, pools), and see that answers are right under load too.
        for n in names:
            for q in queries:
                bench.load(n, 16, a.warm, files[n, q])
                r = bench.load(n, 64, 1, files[n, q], "check")
                verify[f"{n} {q}"]["wrong"] = r["wrong"] + r["bad"]
                if r["wrong"] + r["bad"]:
                    print(f"{q} {n}: {r['wrong']} of {r['requests']} answers with errors, {r['bad']} none", flush=True)

        # 3. Measure: interleaved, in rounds.
        t0 = time.time()
        for rnd in range(a.rounds):
            for lat in map(float, a.latency.split(",")):
                control(f"latency?ms={lat}&jitter_us={a.jitter_us if lat else 0}")
                for q in queries:
                    for conc in map(int, a.conc.split(",")):
                        order = names[rnd % len(names):] + names[:rnd % len(names)]
                        for n in order:
                            if not verify[f"{n} {q}"]["same"]:
                                continue
                            # Wide answers at 64 connections: long enough for a few of each.
                            secs = math.ceil(a.secs * (1 if q in ("Q1", "Q2") else 2.5 if conc > 16 else 1.5))
                            cell = bench.measure(n, conc, secs, files[n, q])
                            cells.setdefault(f"{lat:g} {q} {conc} {n}", []).append(cell)
                print(f"round {rnd + 1}/{a.rounds} latency {lat:g}: {time.time() - t0:.0f} s", file=sys.stderr, flush=True)
                (out / "raw.json").write_text(json.dumps(dict(cells=cells, verify=verify), indent=1))

    # 4. Tables.
    med = {k: median(v) for k, v in cells.items()}
    spread = {k: (min(r["cpu_ms"] for r in v), max(r["cpu_ms"] for r in v)) for k, v in cells.items()}
    versions = ["rustc --version"] + ["node --version"] * bool({"P2", "P3"} & set(names))
    lines = [where(versions) + f"; {a.rounds} rounds, {'all requests alike' if a.identical else 'variables all different'}"]
    for lat in a.latency.split(","):
        for q in queries:
            lines += [f"\n### {q}, backend latency {float(lat):g} ms\n",
                      "| peer | c | req/s | p50 ms | p99 ms | CPU ms/req | (min..max) | x L0 | x P1 | RPCs/query | bad |",
                      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
            for conc in a.conc.split(","):
                for n in names:
                    k = f"{float(lat):g} {q} {conc} {n}"
                    if k not in med:
                        continue
                    r = med[k]
                    x = lambda o: (f"{r['cpu_ms'] / med[k.rsplit(' ', 1)[0] + ' ' + o]['cpu_ms']:.2f}"
                                   if o in names and med.get(k.rsplit(" ", 1)[0] + " " + o, {}).get("cpu_ms") else "")
                    lines.append(f"| {n} | {conc} | {r['rps']:.0f} | {r['p50']:.2f} | {r['p99']:.2f} | {r['cpu_ms']:.3f} | "
                                 f"{spread[k][0]:.3f}..{spread[k][1]:.3f} | {x('L0')} | {x('P1')} | {r['rpcs']:.2f} | {r['bad']:.0f} |")
    lines += ["\n### Response bytes, backend RPCs (one request at a time), answers with errors at 64 connections, resident memory after load\n",
              "| peer | " + " | ".join(f"{q} bytes | {q} RPCs" for q in queries) + " | errors | RSS MiB |",
              "|---|" + "--:|" * (2 * len(queries) + 2)]
    for n in names:
        rss = max((r["rss"] for k, v in cells.items() if k.endswith(" " + n) for r in v), default=0)
        lines.append(f"| {n} | " + " | ".join(f"{verify[f'{n} {q}']['bytes']} | {verify[f'{n} {q}']['rpcs']:g}"
                                               + ("" if verify[f"{n} {q}"]["same"] else " (differs)") for q in queries)
                     + f" | {sum(verify[f'{n} {q}']['wrong'] for q in queries)} | {rss:.0f} |")
    (out / "table.md").write_text("\n".join(lines) + "\n")
    (out / "results.json").write_text(json.dumps(dict(
        median=med, verify=verify, peers={n: bench.peers[n]["what"] for n in names},
        options=dict(rounds=a.rounds, secs=a.secs, jitter_us=a.jitter_us, identical=a.identical, pinned=not a.no_pin)), indent=1))
    print("\n".join(lines))


main()
