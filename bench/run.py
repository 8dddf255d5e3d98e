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
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
BASE = 7001
CONTROL = BASE + 9


def peers(work):
    rust = work / "target/release/p1-async-graphql"
    q = str(HERE / "queries")
    common = {"BASE_PORT": str(BASE), "PROTO_DIR": str(HERE / "proto"), "NODE_ENV": "production"}
    p = {
        "L0": dict(what="limit: axum + raw tonic calls, prepared JSON", port=8000,
                   cmd=[str(rust), "--mode", "limit", "--port", "8000", "--base-port", str(BASE), "--queries", q]),
        "L1": dict(what="no GraphQL: prost structs, joined by hand, serde_json", port=8010,
                   cmd=[str(rust), "--mode", "direct", "--port", "8010", "--base-port", str(BASE)]),
        "P1": dict(what="async-graphql + tonic, loaders shared by all requests, 1 ms window (as its book shows)",
                   port=8001, cmd=[str(rust), "--port", "8001", "--base-port", str(BASE)]),
        "P1r": dict(what="the same with a set of loaders per request, 1 ms window",
                    port=8011, cmd=[str(rust), "--port", "8011", "--base-port", str(BASE), "--loader-scope", "request"]),
        "P1z": dict(what="the same with a set of loaders per request, no window",
                    port=8012, cmd=[str(rust), "--port", "8012", "--base-port", str(BASE),
                                    "--loader-scope", "request", "--loader-delay-us", "0"]),
        "P2": dict(what="Apollo Server + dataloader + grpc-js", port=8002, cwd=work / "p2-apollo",
                   cmd=["node", "server.mjs"], env={"PORT": "8002"}),
        "P3": dict(what="Hive Gateway + Mesh gRPC", port=8003, cwd=work / "p3-hive", queries="p3-hive",
                   cmd=["node_modules/.bin/hive-gateway", "supergraph", "supergraph.graphql", "--port", "8003",
                        "--host", "127.0.0.1", "--fork", "1"], env={}),
        # TAILCALL may hold a command, e.g. a newer libc's loader and the binary.
        "P4": dict(what="Tailcall", port=8004, cwd=work / "p4-tailcall", queries="p4-tailcall",
                   cmd=(os.environ.get("TAILCALL") or
                        "node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall").split()
                   + ["start", "shop.graphql"],
                   env={"TAILCALL_TRACKER": "false", "TAILCALL_LOG_LEVEL": "error"}),
    }
    # The gateway itself: `anabranch serve` over the same protos, as a user would start it.
    p["AB"] = dict(what="anabranch serve", port=8005, cwd=HERE,
                   cmd=[str(work / "target/release/anabranch"), "serve", "--proto", "proto", "--schema", "schema",
                        "--config", "anabranch.toml", "--listen", "127.0.0.1:8005"])
    # A peer of one's own: PEER_X="NAME PORT COMMAND...", answering POST /graphql.
    extra = os.environ.get("PEER_X")
    if extra:
        name, port, *cmd = extra.split()
        p[name] = dict(what=" ".join(cmd), port=int(port), cmd=cmd)
    for v in p.values():
        v["env"] = {**common, **v.get("env", {})}
    return p


def post(port, body, timeout=30):
    r = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body.encode(),
                               {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(r, timeout=timeout) as f:
            return f.read()
    except urllib.error.HTTPError as e:
        return e.read()


def control(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{CONTROL}/{path}", timeout=5) as f:
        return json.load(f)


def bodies(query_text, name, n):
    """n request bodies, the same for every peer; no two in flight are alike (Tailcall merges those)."""
    for k in range(n):
        if name in ("Q1", "Q2"):
            v = {"id": f"P{(k * 37 + 1) % 2000:05}"}
        elif name == "Q3":
            v = {"offset": (k * 730) % 1900}  # pages in flight overlap little
        else:
            v = {"offset": (k * 5) % 1000}
        yield json.dumps({"operationName": name, "query": query_text, "variables": v}, separators=(",", ":"))


def query_text(peer, name):
    own = HERE / "peers" / peer.get("queries", "-") / f"{name}.graphql"
    return (own if own.exists() else HERE / "queries" / f"{name}.graphql").read_text()


class Proc:
    def __init__(self, cmd, cwd=None, env=None, cpu=None, log=None):
        pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
        self.p = subprocess.Popen(pin + list(map(str, cmd)), cwd=cwd, env={**os.environ, **(env or {})},
                                  stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def tree(self):
        kids, todo, out = {}, [self.p.pid], []
        for d in os.listdir("/proc"):
            if d.isdigit():
                try:
                    s = open(f"/proc/{d}/stat").read().rsplit(")", 1)[1].split()
                    kids.setdefault(int(s[1]), []).append(int(d))
                except OSError:
                    pass
        while todo:
            x = todo.pop()
            out.append(x)
            todo += kids.get(x, [])
        return out

    def cpu(self):
        t = 0
        for pid in self.tree():
            try:
                s = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
                t += int(s[11]) + int(s[12])
            except OSError:
                pass
        return t / TICK

    def settle(self):
        """Wait until what the last run left in flight is done (5 s at most)."""
        for _ in range(25):
            c = self.cpu()
            time.sleep(0.2)
            if self.cpu() - c < 0.03:
                return

    def rss_mib(self):
        k = 0
        for pid in self.tree():
            try:
                for line in open(f"/proc/{pid}/status"):
                    if line.startswith("VmRSS:"):
                        k += int(line.split()[1])
            except OSError:
                pass
        return k / 1024

    def end(self):
        pids = self.tree()
        for sig in (signal.SIGTERM, signal.SIGKILL):
            for pid in pids:
                try:
                    os.kill(pid, sig)
                except OSError:
                    pass
            try:
                self.p.wait(3)
                return
            except subprocess.TimeoutExpired:
                pass


def wrk(port, conc, secs, path, cpu):
    pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
    r = subprocess.run(pin + ["wrk", "-t1", f"-c{conc}", f"-d{secs}s", "--timeout", "20s", "-s", str(HERE / "load.lua"),
                              f"http://127.0.0.1:{port}/graphql", "--", str(path)], capture_output=True, text=True)
    for line in r.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line[7:])
    raise RuntimeError(r.stdout + r.stderr)


LONGS = {"amountMinor", "listAmountMinor"}  # int64: a number or a decimal string


def canon(x, key=None):
    if isinstance(x, dict):
        if key in ("products", "reviews") and list(x) == [key]:  # P3, P4: a list in its response message
            return canon(x[key])
        return {k: canon(v, k) for k, v in x.items() if k != "__typename"}
    if isinstance(x, list):
        return [canon(v, key) for v in x]
    if key in LONGS and isinstance(x, str):
        return float(x)
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        return float(x)
    return x


def first_difference(a, b, at="data"):
    if type(a) is not type(b):
        return f"{at}: {str(a)[:60]} / {str(b)[:60]}"
    if isinstance(a, dict):
        for k in sorted(set(a) | set(b)):
            if k not in a or k not in b:
                return f"{at}.{k}: in one only"
            d = first_difference(a[k], b[k], f"{at}.{k}")
            if d:
                return d
    elif isinstance(a, list):
        if len(a) != len(b):
            return f"{at}: {len(a)} / {len(b)} elements"
        for i, (x, y) in enumerate(zip(a, b)):
            d = first_difference(x, y, f"{at}[{i}]")
            if d:
                return d
    elif a != b:
        return f"{at}: {str(a)[:60]} / {str(b)[:60]}"
    return None


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
    ap.add_argument("--no-pin", action="store_true", help="do not pin BFF to core 0, the rest to core 1")
    ap.add_argument("--check-only", action="store_true")
    ap.add_argument("--out", default="results/run")
    a = ap.parse_args()
    work = Path(a.work).resolve()
    names = a.peers.split(",")
    queries = a.queries.split(",")
    all_peers = peers(work)
    bff_cpu, other_cpu = (None, None) if a.no_pin else (0, 1)
    out = Path(a.out) if Path(a.out).is_absolute() else HERE / a.out
    out.mkdir(parents=True, exist_ok=True)
    tmp = work / "run"
    tmp.mkdir(parents=True, exist_ok=True)
    started, cells, verify = {}, {}, {}
    try:
        b = Proc([work / "target/release/backends", "--base-port", BASE], cpu=other_cpu,
                 log=open(tmp / "backends.log", "w"))
        started["backends"] = b
        time.sleep(1)
        control("reset")
        for n in names:
            p = all_peers[n]
            started[n] = Proc(p["cmd"], p.get("cwd"), p["env"], bff_cpu, open(tmp / f"{n}.log", "w"))
        for n in names:
            for _ in range(150):
                try:
                    r = post(all_peers[n]["port"], json.dumps({"query": "{__typename}"}), 2)
                    if r:
                        break
                except OSError:
                    pass
                time.sleep(0.2)
            else:
                print(f"{n} does not answer; left out", file=sys.stderr)
                started.pop(n).end()
        names = [n for n in names if n in started]

        # 1. The same answers from all.
        files = {}
        ref = "P1" if "P1" in names else names[-1]
        for q in queries:
            answers = {}
            for n in names:
                bs = list(bodies(query_text(all_peers[n], q), q, 200))
                files[n, q] = tmp / f"{n}.{q}.bodies"
                files[n, q].write_text("\n".join(bs) + "\n")
                got = []
                control("reset")
                for body in bs[:3]:
                    raw = post(all_peers[n]["port"], body)
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

        # 2. Warm up (JIT, pools).
        for n in names:
            for q in queries:
                wrk(all_peers[n]["port"], 16, a.warm, files[n, q], other_cpu)

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
                            started[n].settle()
                            control("reset")
                            # Wide answers at 64 connections: long enough for a few of each.
                            secs = math.ceil(a.secs * (1 if q in ("Q1", "Q2") else 2.5 if conc > 16 else 1.5))
                            c0, b0 = started[n].cpu(), started["backends"].cpu()
                            r = wrk(all_peers[n]["port"], conc, secs, files[n, q], other_cpu)
                            cpu, bcpu = started[n].cpu() - c0, started["backends"].cpu() - b0
                            m = control("counters")
                            # What is in flight when wrk stops has cost CPU too: half of it, on average.
                            k = max(r["requests"], 1) + conc / 2
                            cells.setdefault(f"{lat:g} {q} {conc} {n}", []).append(dict(
                                rps=r["requests"] / (r["us"] / 1e6), p50=r["p50"] / 1e3, p99=r["p99"] / 1e3,
                                cpu_ms=cpu * 1e3 / k, backend_cpu_ms=bcpu * 1e3 / k, requests=r["requests"],
                                bad=r["bad"], bytes=r["bytes"] / max(r["requests"], 1), rss=started[n].rss_mib(),
                                rpcs=sum(x["calls"] for x in m.values()) / k,
                                load=os.getloadavg()[0]))
                print(f"round {rnd + 1}/{a.rounds} latency {lat:g}: {time.time() - t0:.0f} s", file=sys.stderr, flush=True)
                (out / "raw.json").write_text(json.dumps(dict(cells=cells, verify=verify), indent=1))
    finally:
        for p in started.values():
            p.end()

    # 4. Tables.
    med = {k: {f: statistics.median(r[f] for r in v) for f in v[0]} for k, v in cells.items()}
    spread = {k: (min(r["cpu_ms"] for r in v), max(r["cpu_ms"] for r in v)) for k, v in cells.items()}
    lines = []
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
    lines += ["\n### Response bytes, backend RPCs (one request at a time), resident memory after load\n",
              "| peer | " + " | ".join(f"{q} bytes | {q} RPCs" for q in queries) + " | RSS MiB |",
              "|---|" + "--:|" * (2 * len(queries) + 1)]
    for n in names:
        rss = max((r["rss"] for k, v in cells.items() if k.endswith(" " + n) for r in v), default=0)
        lines.append(f"| {n} | " + " | ".join(f"{verify[f'{n} {q}']['bytes']} | {verify[f'{n} {q}']['rpcs']:g}"
                                               + ("" if verify[f"{n} {q}"]["same"] else " (differs)") for q in queries)
                     + f" | {rss:.0f} |")
    (out / "table.md").write_text("\n".join(lines) + "\n")
    (out / "results.json").write_text(json.dumps(dict(
        median=med, verify=verify, peers={n: all_peers[n]["what"] for n in names},
        options=dict(rounds=a.rounds, secs=a.secs, jitter_us=a.jitter_us, pinned=not a.no_pin)), indent=1))
    print("\n".join(lines))


main()
