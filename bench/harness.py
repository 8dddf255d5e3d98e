"""What the benchmark's scripts share: the peers, the load, and the figures. Standard library only."""
import json
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
BFF_CPU, OTHER_CPU = 0, 1


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


BODIES = 9900  # of 10,000 products; a cell has at most a few times as many requests


def bodies(query_text, name, n=BODIES, identical=False):
    """n request bodies, the same for every peer, no two with the same variables, unless all shall be alike."""
    for k in range(n):
        k = 0 if identical else k
        if name in ("Q1", "Q2"):
            v = {"id": f"P{(k * 37 + 1) % 10000:05}"}
        elif name == "Q3":
            v = {"offset": (k * 157) % 9901}  # of 64 pages in flight none shows a product of another
        else:
            v = {"offset": (k * 7) % 9001}
        yield json.dumps({"operationName": name, "query": query_text, "variables": v}, separators=(",", ":"))


def where(commands):
    """What a run is of: the machine, the commit, and what these commands call their versions."""
    def said(*cmd):
        try:
            return subprocess.run(cmd, cwd=HERE, capture_output=True, text=True).stdout.strip().splitlines()[0]
        except (OSError, IndexError):
            return f"no {cmd[0]}"
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = said("git", "describe", "--always", "--dirty", "--abbrev=10")
    return ", ".join([f"{time.strftime('%Y-%m-%d')}: commit {commit}", f"{os.cpu_count()} cores of {model}",
                      f"Linux {os.uname().release}", *(said(*c.split()) for c in commands)])


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


def wrk(port, conc, secs, path, cpu, *args):
    pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
    r = subprocess.run(pin + ["wrk", "-t1", f"-c{conc}", f"-d{secs}s", "--timeout", "20s", "-s", str(HERE / "load.lua"),
                              f"http://127.0.0.1:{port}/graphql", "--", str(path), *args], capture_output=True, text=True)
    sys.stderr.write(r.stderr)  # the first wrong answer, where answers are looked at
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


class Bench:
    """The backends and some peers, running. Ends only the processes it started."""

    def __init__(self, work, names, pin=True, under=()):
        self.under = under  # a command that runs the peers' commands
        self.work = Path(work).resolve()
        self.peers = peers(self.work)
        self.bff_cpu, self.other_cpu = (BFF_CPU, OTHER_CPU) if pin else (None, None)
        self.tmp = self.work / "run"
        self.tmp.mkdir(parents=True, exist_ok=True)
        self.started = {}
        self.wanted = names

    def __enter__(self):
        try:
            self.backends = Proc([self.work / "target/release/backends", "--base-port", BASE], cpu=self.other_cpu,
                                 log=open(self.tmp / "backends.log", "w"))
            for _ in range(100):
                try:
                    control("reset")
                    break
                except OSError:
                    time.sleep(0.1)
            for n in self.wanted:
                p = self.peers[n]
                log = open(self.tmp / f"{n}.log", "w")
                self.started[n] = Proc([*self.under, *p["cmd"]], p.get("cwd"), p["env"], self.bff_cpu, log)
            for n in self.wanted:
                if not self.answers(n):
                    print(f"{n} does not answer; left out", file=sys.stderr)
                    self.started.pop(n).end()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for p in [*self.started.values(), self.backends]:
            p.end()

    def answers(self, name):
        for _ in range(150):
            try:
                if self.post(name, json.dumps({"query": "{__typename}"}), 2):
                    return True
            except OSError:
                pass
            time.sleep(0.2)
        return False

    def post(self, name, body, timeout=30):
        return post(self.peers[name]["port"], body, timeout)

    def load(self, name, conc, secs, path, *args):
        return wrk(self.peers[name]["port"], conc, secs, path, self.other_cpu, *args)

    def measure(self, name, conc, secs, path):
        """One cell: what a peer took for the requests of `path`."""
        peer = self.started[name]
        peer.settle()
        control("reset")
        c0, b0 = peer.cpu(), self.backends.cpu()
        r = self.load(name, conc, secs, path)
        cpu, bcpu = peer.cpu() - c0, self.backends.cpu() - b0
        # What is in flight when wrk stops has cost CPU too: half of it, on average.
        k = max(r["requests"], 1) + conc / 2
        return dict(rps=r["requests"] / (r["us"] / 1e6), p50=r["p50"] / 1e3, p99=r["p99"] / 1e3,
                    cpu_ms=cpu * 1e3 / k, backend_cpu_ms=bcpu * 1e3 / k, requests=r["requests"],
                    bad=r["bad"], bytes=r["bytes"] / max(r["requests"], 1), rss=peer.rss_mib(),
                    rpcs=sum(x["calls"] for x in control("counters").values()) / k,
                    load=os.getloadavg()[0])


def median(rounds):
    return {f: statistics.median(r[f] for r in rounds) for f in rounds[0]}
