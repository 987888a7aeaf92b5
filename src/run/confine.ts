/**
 * The program that confines other programs, in Python, because that is what they are written in. It is the first process of
 * its namespaces and does four things:
 *
 *     1. makes an empty root with the interpreter, its libraries and an empty /tmp, and nothing else: no /proc, no /sys,
 *        no home, no device but /dev/null; bubblewrap has done so where it is there
 *     2. forks the process of the candidate: another user where it can, no capability, no new privileges, no system call that
 *        leads out (sockets, namespaces, mounts, other processes' memory), and limits
 *     3. runs the tests itself, and asks the candidate's process for what they call: values cross as JSON, so that a
 *        candidate can neither see the tests nor say that they passed
 *     4. writes the verdict into a pipe that the candidate's process does not hold
 */
export const CONFINE = String.raw`
import builtins, ctypes, json, os, resource, select, signal, struct, sys

REFUSED = 125

def refuse(why):
    os.write(3, json.dumps({"refused": str(why)[:300]}).encode())
    os._exit(REFUSED)

libc = ctypes.CDLL(None, use_errno=True)

def check(result, what):
    if result != 0:
        refuse(f"{what}: {os.strerror(ctypes.get_errno())}")

RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18

def mount(source, target, kind, flags, data=None):
    encode = lambda text: None if text is None else os.fsencode(text)
    return libc.mount(encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data))

def read_only(target):
    # Flags that the namespace may not lift must be named again.
    found = os.statvfs(target).f_flag
    kept = (found & (NOSUID | NODEV | NOEXEC)) | (found & 1024) | (found & 2048) | ((found & 4096) << 9)
    check(mount(None, target, None, REMOUNT | BIND | RDONLY | NOSUID | kept), f"making {target} read-only")

NEW = "/sys"

def bind(path):
    target = NEW + path
    if os.path.islink(path):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
        return
    if not os.path.exists(path) or os.path.exists(target):
        return
    if os.path.isdir(path):
        os.makedirs(target)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    check(mount(path, target, None, BIND | REC), f"showing {path}")
    read_only(target)

SYSCALLS = {
    # What leads out of a process: by name, its number on x86_64 and on aarch64 (None where there is none).
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kcmp": (312, 272), "socket": (41, 198), "socketpair": (53, 199),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "lookup_dcookie": (212, 18), "vhangup": (153, 58), "personality": (135, 92),
    "fanotify_init": (300, 262), "setpriority": (141, 140), "sched_setaffinity": (203, 122), "mknod": (133, None), "mknodat": (259, 33),
}
MACHINES = {"x86_64": (0, 0xC000003E, 56, 435), "aarch64": (1, 0xC00000B7, 220, 435)}

def filter_calls():
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        refuse(f"a processor of another kind ({os.uname().machine})")
    column, audit, clone, clone3 = machine
    numbers = [row[column] for row in SYSCALLS.values() if row[column] is not None]
    code = []
    add = lambda op, jt, jf, k: code.append(struct.pack("HBBI", op, jt, jf, k))
    LOAD, EQUAL, GREATER, ANY, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
    ALLOW, DENY, UNKNOWN, KILL = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38, 0x80000000
    add(LOAD, 0, 0, 4)
    add(EQUAL, 1, 0, audit)
    add(RETURN, 0, 0, KILL)
    add(LOAD, 0, 0, 0)
    # The numbers of another interface of the same processor (x32).
    add(GREATER, 0, 1, 0x40000000)
    add(RETURN, 0, 0, KILL)
    for number in numbers:
        add(EQUAL, 0, 1, number)
        add(RETURN, 0, 0, DENY)
    add(EQUAL, 0, 1, clone3)
    add(RETURN, 0, 0, UNKNOWN)
    add(EQUAL, 0, 3, clone)
    add(LOAD, 0, 0, 16)
    add(ANY, 0, 1, 0x7E020080)
    add(RETURN, 0, 0, DENY)
    add(RETURN, 0, 0, ALLOW)
    program = b"".join(code)
    buffer = ctypes.create_string_buffer(program, len(program))
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
    filled = Program(len(code), ctypes.cast(buffer, ctypes.c_void_p))
    check(libc.prctl(22, 2, ctypes.byref(filled), 0, 0), "filtering system calls")

def drop(order, is_root, candidate):
    """Everything that a process need not have, for good."""
    hard = lambda name, value: resource.setrlimit(name, (value, value))
    if candidate:
        hard(resource.RLIMIT_AS, order["memory"])
        resource.setrlimit(resource.RLIMIT_CPU, (order["processor"], order["processor"] + 1))
        hard(resource.RLIMIT_FSIZE, order["file"])
        hard(resource.RLIMIT_NOFILE, 64)
        hard(resource.RLIMIT_NPROC, order["processes"])
    hard(resource.RLIMIT_CORE, 0)
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)
    if is_root:
        user = order["user"] + (1 if candidate else 0)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = struct.pack("Ii", 0x20080522, 0)
    check(libc.capset(header, b"\0" * 24), "dropping capabilities")
    check(libc.prctl(38, 1, 0, 0, 0), "forbidding new privileges")
    libc.prctl(4, 0, 0, 0, 0)
    # Set anew, because changing the user takes it away: a process ends with the one that started it.
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)
    filter_calls()

def enter(order):
    check(mount(None, "/", None, REC | PRIVATE), "a namespace of mounts")
    check(mount("tmpfs", NEW, "tmpfs", NOSUID | NODEV, "size=1m,mode=755"), "an empty root")
    for path in order["paths"]:
        bind(path)
    os.makedirs(NEW + "/tmp")
    check(mount("tmpfs", NEW + "/tmp", "tmpfs", NOSUID | NODEV, f"size={order['temporary']},nr_inodes=4096,mode=1777"), "an empty /tmp")
    os.makedirs(NEW + "/dev")
    open(NEW + "/dev/null", "w").close()
    check(mount("/dev/null", NEW + "/dev/null", None, BIND), "showing /dev/null")
    os.makedirs(NEW + "/old")
    os.chdir(NEW)
    number = {"x86_64": 155, "aarch64": 41}.get(os.uname().machine)
    if number is None:
        refuse(f"a processor of another kind ({os.uname().machine})")
    check(libc.syscall(number, b".", b"old"), "changing the root")
    os.chdir("/")
    check(libc.umount2(b"/old", 2), "leaving the old root")
    os.rmdir("/old")
    check(mount(None, "/", None, REMOUNT | RDONLY | NOSUID | NODEV), "making the root read-only")

LONGEST = 8 << 20

def send(pipe, value):
    data = json.dumps(value).encode()
    if len(data) > LONGEST:
        raise ValueError("a value of more than 8 MiB")
    data = struct.pack("I", len(data)) + data
    while data:
        data = data[os.write(pipe, data):]

def receive(pipe):
    def exactly(count):
        data = b""
        while len(data) < count:
            part = os.read(pipe, min(count - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return data
    (length,) = struct.unpack("I", exactly(4))
    if length > LONGEST:
        raise EOFError
    return json.loads(exactly(length))

import collections, datetime, decimal, fractions

def encode(value, hold, depth=60):
    """A value as JSON with the names of its types; another object stays where it is, under a number."""
    if depth == 0:
        raise ValueError("a value that is nested too deeply")
    more = lambda items: [encode(item, hold, depth - 1) for item in items]
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return {"int": hex(value)}
    if kind is float:
        return {"float": value.hex() if value == value and abs(value) != float("inf") else repr(value)}
    if kind is complex:
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if kind in (bytes, bytearray):
        return {kind.__name__: value.hex()}
    if kind in (list, tuple, set, frozenset, collections.deque):
        return {kind.__name__: more(value)}
    if kind in (dict, collections.OrderedDict, collections.Counter, collections.defaultdict):
        return {"dict" if kind is collections.defaultdict else kind.__name__: [more(pair) for pair in value.items()]}
    if kind is range:
        return {"range": [value.start, value.stop, value.step]}
    if kind is decimal.Decimal or kind is fractions.Fraction:
        return {kind.__name__: str(value)}
    return hold(value)

PLAIN = {
    "int": lambda v: int(v, 16), "float": lambda v: float.fromhex(v), "complex": lambda v: complex(float.fromhex(v[0]), float.fromhex(v[1])),
    "bytes": bytes.fromhex, "bytearray": bytearray.fromhex, "range": lambda v: range(*v), "Decimal": decimal.Decimal, "Fraction": fractions.Fraction,
}
MANY = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "deque": collections.deque}
MAPPINGS = {"dict": dict, "OrderedDict": collections.OrderedDict, "Counter": lambda pairs: collections.Counter(dict(pairs))}

def decode(value, held):
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind in PLAIN:
        return PLAIN[kind](content)
    if kind in MANY:
        return MANY[kind]([decode(item, held) for item in content])
    if kind in MAPPINGS:
        return MAPPINGS[kind]([tuple(decode(part, held) for part in pair) for pair in content])
    return held(kind, content)

def candidate(order, ask, answer):
    """The process of the program: it runs it, and then what it is asked for."""
    scope = {"__name__": "__main__", "__builtins__": builtins}
    objects = {}
    def hold(value):
        if isinstance(value, collections.abc.Iterator):
            import itertools
            return {"iterator": [encode(item, hold) for item in itertools.islice(value, 100000)]}
        objects[len(objects) + 1] = value
        return {"held": len(objects)}
    held = lambda kind, content: objects[content] if kind == "held" else iter([decode(item, held) for item in content])
    def fulfil(request):
        action, args = request["do"], [decode(arg, held) for arg in request["args"]]
        if action == "run":
            exec(compile(order["program"], "<program>", "exec"), scope)
            return None
        if action == "name":
            return scope[args[0]]
        target = args[0]
        if action == "call":
            kwargs = {name: decode(value, held) for name, value in request["kwargs"].items()}
            result = encode(target(*args[1:], **kwargs), hold)
            return result, [encode(arg, hold) if type(arg) in (list, dict, set, bytearray) else None for arg in args[1:]]
        if action == "get":
            return getattr(target, args[1])
        if action == "set":
            return setattr(target, args[1], args[2])
        if action == "special":
            return getattr(target, args[1])(*args[2:])
        raise ValueError(action)
    while True:
        request = receive(ask)
        try:
            result = fulfil(request)
            reply = {"value": result[0], "after": result[1]} if request["do"] == "call" else {"value": encode(result, hold)}
        except BaseException as error:
            import traceback
            words = traceback.format_exception_only(type(error), error)[-1].strip()[:300]
            reply = {"error": [base.__name__ for base in type(error).__mro__], "words": words, "text": str(error)[:300]}
        send(answer, reply)

class Ended(Exception):
    pass

class Failed(Exception):
    """What the program raised, where Python has no exception of that name."""

def referee(order, ask, answer):
    """The tests, in a process that the program has no part in."""
    def request(do, args, kwargs={}):
        send(ask, {"do": do, "args": [encode(arg, hold) for arg in args], "kwargs": {k: encode(v, hold) for k, v in kwargs.items()}})
        reply = receive(answer)
        if "error" not in reply:
            return reply
        kinds = [getattr(builtins, str(name), None) for name in reply["error"]]
        kind = next((k for k in kinds if isinstance(k, type) and issubclass(k, Exception)), Failed)
        try:
            error = kind(str(reply["text"]))
        except Exception:
            error = Failed(str(reply["text"]))
        error.words = str(reply["words"])
        raise error
    class Remote:
        """Something that is no plain value, and stays with the program."""
        def __init__(self, number):
            object.__setattr__(self, "_number", number)
        def __call__(self, *args, **kwargs):
            reply = request("call", (self, *args), kwargs)
            for arg, after in zip(args, reply["after"]):
                if after is None:
                    continue
                fresh = decode(after, held)
                if type(arg) in (list, bytearray) and type(fresh) is type(arg):
                    arg[:] = fresh
                elif type(arg) in (dict, set) and type(fresh) is type(arg):
                    arg.clear()
                    arg.update(fresh)
            return decode(reply["value"], held)
        def __getattr__(self, name):
            return decode(request("get", (self, name))["value"], held)
        def __setattr__(self, name, value):
            request("set", (self, name, value))
    def special(name):
        return lambda self, *args: decode(request("special", (self, name, *args))["value"], held)
    for name in ("len", "getitem", "setitem", "delitem", "contains", "iter", "str", "repr", "add", "sub", "mul", "truediv", "lt", "le", "gt", "ge", "bool", "hash", "int", "float"):
        setattr(Remote, f"__{name}__", special(f"__{name}__"))
    Remote.__iter__ = lambda self: iter(decode(request("special", (self, "__iter__"))["value"], held))
    # A program must not decide itself what it is equal to; two things of its own are equal where they are the same.
    Remote.__eq__ = lambda self, other: isinstance(other, Remote) and self._number == other._number
    Remote.__hash__ = lambda self: hash(self._number)
    def hold(value):
        if isinstance(value, Remote):
            return {"held": object.__getattribute__(value, "_number")}
        raise TypeError(f"the tests hand over a {type(value).__name__}, which is no plain value")
    def held(kind, content):
        if kind == "held":
            return Remote(int(content))
        if kind == "iterator":
            return iter([decode(item, held) for item in content])
        raise Ended
    class Names(dict):
        """Names that the tests do not have are the program's."""
        def __missing__(self, name):
            try:
                return decode(request("name", (name,))["value"], held)
            except KeyError:
                raise NameError(f"name '{name}' is not defined") from None
    request("run", ())
    names = Names(vars(builtins))
    exec(compile(order["tests"], "<tests>", "exec"), {"__name__": "__tests__", "__builtins__": names})

def ended(child):
    """How the program ended; one that has closed its pipe and goes on is waited for a little."""
    import time
    for _ in range(50):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        time.sleep(0.01)
    return 0

def main():
    order = json.loads(sys.stdin.buffer.read())
    is_root = order["root"]
    try:
        # Bubblewrap has made the root already.
        if order["enters"]:
            enter(order)
        os.chdir("/tmp")
    except OSError as error:
        refuse(error)
    question, answered = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            null = os.open("/dev/null", os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            ask, answer = 10, 11
            os.dup2(question[0], ask)
            os.dup2(answered[1], answer)
            os.closerange(3, 10)
            os.closerange(12, 4096)
            os.environ.clear()
            os.environ.update({"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8"})
            drop(order, is_root, True)
            candidate(order, ask, answer)
        finally:
            os._exit(1)
    os.close(question[0])
    os.close(answered[1])
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    drop(order, is_root, False)
    try:
        referee(order, question[1], answered[0])
        verdict = {"result": "passed", "message": ""}
    except (EOFError, BrokenPipeError, Ended):
        verdict = {"result": "failed", "message": "it ended before its tests did"}
        status = ended(child)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            verdict = {"result": "timed out", "message": ""}
    except BaseException as error:
        import traceback
        words = getattr(error, "words", None) or traceback.format_exception_only(type(error), error)[-1].strip()
        verdict = {"result": "failed", "message": words[:300]}
    os.write(3, json.dumps(verdict).encode())
    os._exit(0)

main()
`;
