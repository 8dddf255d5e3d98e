#!/usr/bin/env python3
"""Does the cost grow linearly? Two tables for the gateway: by items in an answer, and by requests in flight.

  ./build.sh && ./scale.py --out results/mine

The first asks for 10 to 10,000 products with their joins, one request at a time; the second for Q2 and Q3 by 1 to 64
connections. Prints CPU per item and per request, and writes scale.md.
"""
import argparse
import json
import os
import sys
from pathlib import Path

from harness import HERE, Bench, bodies, control, median, query_text, where

ITEMS = [10, 100, 1000, 10000]
CONNECTIONS = [1, 2, 4, 8, 16, 32, 64]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", default=os.environ.get("BENCH_WORK", str(HERE / ".work")))
    ap.add_argument("--peers", default="L0,AB", help="for the second table; the first is of the last one")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--secs", type=int, default=2)
    ap.add_argument("--out", default="results/run")
    a = ap.parse_args()
    names = a.peers.split(",")
    last = names[-1]
    out = Path(a.out) if Path(a.out).is_absolute() else HERE / a.out
    out.mkdir(parents=True, exist_ok=True)
    cells = {}
    with Bench(a.work, names) as bench:
        control("latency?ms=0&jitter_us=0")
        # Q3, of as many products as wanted.
        text = (HERE / "queries/Q3.graphql").read_text().replace("$offset: Int!", "$limit: Int!")
        text = text.replace("offset: $offset, limit: 100", "offset: 0, limit: $limit")
        sizes = {}
        for items in ITEMS:
            body = json.dumps({"query": text, "variables": {"limit": items}}, separators=(",", ":"))
            answer = bench.post(last, body)
            got = json.loads(answer)
            if "errors" in got or len(got["data"]["products"]) != items:
                sys.exit(f"{items} products: {answer[:300].decode()}")
            sizes[items] = len(answer)
            (bench.tmp / f"scale.{items}").write_text(body + "\n")
        for n in names:
            for q in ("Q2", "Q3"):
                (bench.tmp / f"{n}.{q}.scale").write_text("\n".join(bodies(query_text(bench.peers[n], q), q)) + "\n")
                bench.load(n, 16, 2, bench.tmp / f"{n}.{q}.scale")
        for rnd in range(a.rounds):
            for items in ITEMS:
                cell = bench.measure(last, 1, a.secs, bench.tmp / f"scale.{items}")
                cells.setdefault(f"items {items}", []).append(cell)
            for q in ("Q2", "Q3"):
                for conc in CONNECTIONS:
                    for n in names:
                        cell = bench.measure(n, conc, a.secs, bench.tmp / f"{n}.{q}.scale")
                        cells.setdefault(f"{q} {conc} {n}", []).append(cell)
            print(f"round {rnd + 1}/{a.rounds}", file=sys.stderr, flush=True)
    med = {k: median(v) for k, v in cells.items()}
    lines = [where(["rustc --version"]) + f"; {a.rounds} rounds\n", f"### {last}: products with joins in one answer, one request at a time\n",
             "| products | bytes | calls | CPU ms/request | CPU us/product | p50 ms |", "|--:|--:|--:|--:|--:|--:|"]
    for items in ITEMS:
        r = med[f"items {items}"]
        lines.append(f"| {items} | {sizes[items]} | {r['rpcs']:.1f} | {r['cpu_ms']:.2f} | "
                     f"{r['cpu_ms'] * 1e3 / items:.2f} | {r['p50']:.1f} |")
    for q in ("Q2", "Q3"):
        lines += [f"\n### {q} by requests in flight: CPU ms/request (p99 ms)\n",
                  "| in flight | " + " | ".join(names) + f" | {last} x {names[0]} | calls/query |",
                  "|--:|" + "--:|" * (len(names) + 2)]
        for conc in CONNECTIONS:
            row = [med[f"{q} {conc} {n}"] for n in names]
            lines.append(f"| {conc} | " + " | ".join(f"{r['cpu_ms']:.3f} ({r['p99']:.1f})" for r in row)
                         + f" | {row[-1]['cpu_ms'] / row[0]['cpu_ms']:.2f} | {row[-1]['rpcs']:.2f} |")
    (out / "scale.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


main()
