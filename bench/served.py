#!/usr/bin/env python3
"""Instructions of a served request, by callgrind: what all threads of a peer run from its socket and back, without the kernel.

  ./build.sh && ./served.py                      # Q1, Q2 and Q3, 16 connections, L0 and the gateway
  ./served.py --queries Q3 --peers AB --profile  # and which functions took them

Needs valgrind. Unlike times it repeats to about a percent.
"""
import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import cycle, islice

from harness import HERE, Bench, bodies, query_text


def send(port, requests):
    """One connection, one request after the other."""
    connection = HTTPConnection("127.0.0.1", port)
    for body in requests:
        connection.request("POST", "/graphql", body, {"content-type": "application/json"})
        answer = connection.getresponse().read()
        if b'"errors"' in answer:
            sys.exit(answer[answer.index(b'"errors"'):][:400].decode())
    connection.close()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", default=os.environ.get("BENCH_WORK", str(HERE / ".work")))
    ap.add_argument("--peers", default="L0,AB")
    ap.add_argument("--queries", default="Q1,Q2,Q3")
    ap.add_argument("--conc", type=int, default=16)
    ap.add_argument("--requests", type=int, default=20, help="of each connection")
    ap.add_argument("--profile", action="store_true", help="show the functions that ran most")
    a = ap.parse_args()
    print("| query | peer | instructions |\n|---|---|--:|")
    for query in a.queries.split(","):
        for name in a.peers.split(","):
            out = f"{os.path.abspath(a.work)}/run/{name}.{query}.callgrind"
            under = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
            with Bench(a.work, [name], pin=False, under=under) as bench:
                if name not in bench.started:
                    sys.exit(f"{name} does not answer")
                peer, process = bench.peers[name], bench.started[name]
                texts = cycle(bodies(query_text(peer, query), query))

                def load(each):
                    portions = [list(islice(texts, each)) for _ in range(a.conc)]
                    with ThreadPoolExecutor(a.conc) as pool:
                        list(pool.map(lambda portion: send(peer["port"], portion), portions))

                def count(switch):
                    subprocess.run(["callgrind_control", "-i", switch, str(process.p.pid)], check=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

                load(4)
                count("on")
                load(a.requests)
                count("off")
            shown = subprocess.run(["callgrind_annotate", out], capture_output=True, text=True).stdout
            total = int(re.search(r"([\d,]+) .*PROGRAM TOTALS", shown)[1].replace(",", ""))
            print(f"| {query} | {name} | {total // (a.conc * a.requests):,} |", flush=True)
            if a.profile:
                print("\n".join(line[:160] for line in shown.splitlines()[24:54]))


main()
