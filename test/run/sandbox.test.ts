/** Programs nobody has read, run for real where this machine can confine them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { createGroup, within } from '../../src/run/control-group.js';
import { type Entrance, openSandbox, type Sandbox } from '../../src/run/sandbox.js';
import { folderWith } from '../support/cli.js';

const { signal } = new AbortController();
const GROUP = createGroup({ memory: 2 ** 30, processes: 16 });

async function sandboxOrReason(entrance: Entrance): Promise<Sandbox | string> {
  try {
    return await openSandbox([entrance]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

/** A call of the system by its number on x86_64 and aarch64, which fails as C's functions do. */
const call = (x86: number, arm: number, ...args: string[]) => `import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": ${x86}, "aarch64": ${arm}}[os.uname().machine]
assert libc.syscall(number${args.map((arg) => `, ${arg}`).join('')}) >= 0, os.strerror(ctypes.get_errno())`;

/** Each ends well only where the program got out. None of them ends or stops the interpreter, so one program tries them all. */
const ESCAPES: Readonly<Record<string, string>> = {
  'mounting a file system': call(165, 40, 'b"tmpfs"', 'b"/tmp"', 'b"tmpfs"', '0', '0'),
  'remounting its root for writing': call(165, 40, '0', 'b"/"', '0', '32', '0'),
  unmounting: call(166, 39, 'b"/tmp"', '2'),
  'moving its root': call(155, 41, 'b"/tmp"', 'b"/tmp"'),
  'changing its root': 'import os\nos.chroot("/tmp")',
  'new namespaces of users': call(272, 97, '0x10000000'),
  'new namespaces of mounts': call(272, 97, '0x20000'),
  'new namespaces by clone': call(56, 220, '0x10000011', '0', '0', '0', '0'),
  'new namespaces by clone3': call(435, 435, '0', '0'),
  'entering other namespaces': call(308, 268, '0', '0'),
  'opening a tree of mounts': call(428, 428, '-100', 'b"/"', '1'),
  'opening a file system': call(430, 430, 'b"tmpfs"', '0'),
  'a file by its handle': call(304, 265, '-100', '0', '0'),
  'the names of users': 'open("/etc/passwd").read()',
  'the name of the host in a file':
    'raise Exception(open("/etc/hostname").read()) if False else open("/etc/hostname").read() and None',
  'keys in a home': 'import os\nassert os.listdir("/home") or os.listdir("/root/.ssh")',
  'the home of root': 'open("/root/.bashrc").read()',
  'the environment of others': 'open("/proc/1/environ").read()',
  'its own processes': 'open("/proc/self/status").read()',
  'settings of the kernel': 'import os\nos.listdir("/sys/kernel")',
  devices: 'import os\nos.open("/dev/kvm", os.O_RDWR)',
  'the messages of the kernel': 'import os\nos.open("/dev/kmsg", os.O_RDWR)',
  'the memory of the machine': 'open("/dev/mem", "rb").read(1)',
  'a disk': 'open("/dev/sda", "rb").read(1)',
  'a terminal': 'open("/dev/tty", "w")',
  'making a device': 'import os, stat\nos.mknod("/tmp/d", stat.S_IFCHR | 0o666, os.makedev(1, 1))',
  'writing beside its folder': 'open("/mine", "w")',
  'writing into the interpreter': 'import os\nopen(os.__file__, "a")',
  'removing the interpreter': 'import os\nos.remove(os.__file__)',
  'replacing a library': 'import os\nos.rename("/lib", "/tmp/lib")',
  'a shell': 'import subprocess\nsubprocess.run(["/bin/sh", "-c", "true"], check=True)',
  'the old root': 'import os\nassert len(os.listdir("/old")) >= 0',
  'climbing out': 'import os\nassert "home" in os.listdir("/../../../..")',
  'a socket of the internet': 'import socket\nsocket.socket(socket.AF_INET)',
  'a socket of files': 'import socket\nsocket.socket(socket.AF_UNIX)',
  'a raw socket': 'import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW)',
  'a socket of the kernel': 'import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)',
  'a pair of sockets': 'import socket\nsocket.socketpair()',
  'tracing its parent': call(101, 117, '16', 'os.getppid()', '0', '0'),
  'reading the memory of its parent': call(310, 270, 'os.getppid()', '0', '0', '0', '0', '0'),
  'writing the memory of its parent': call(311, 271, 'os.getppid()', '0', '0', '0', '0', '0'),
  'a handle of its parent': call(434, 434, 'os.getppid()', '0'),
  'a file of its parent': call(438, 438, '0', '3', '0'),
  'becoming root': 'import os\nos.setuid(0) if os.getuid() else os.setgroups([0])',
  'another user': 'import os\nos.setresuid(1, 1, 1)',
  'all capabilities': call(126, 91, 'ctypes.create_string_buffer(bytes.fromhex("2205082000000000"))', 'b"\\xff" * 24'),
  'the filter of system calls, again': 'import ctypes\nassert ctypes.CDLL(None).prctl(22, 0, 0, 0, 0) == 0',
  'more memory than its limit': 'import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))',
  'a higher priority': 'import os\nos.setpriority(os.PRIO_PROCESS, 0, -20)',
  'loading a program into the kernel': call(321, 280, '5', '0', '0'),
  'counters of the processor': call(298, 241, '0', '0', '-1', '-1', '0'),
  'the keys of the kernel': call(250, 219, '0', '-3', '0'),
  'rings of requests': call(425, 425, '8', '0'),
  'faults of memory': call(323, 282, '0'),
  'the clock': 'import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)',
  'the name of the host': 'import socket\nsocket.sethostname("mine")',
  'the end of the machine': call(169, 142, '0xfee1dead', '672274793', '0', '0'),
  'a module of the kernel': call(313, 273, '0', 'b""', '0'),
  'files open without end': 'x = [open("/dev/null") for _ in range(1000)]',
  'zeros without end': 'open("/dev/zero", "rb").read(2**20)',
  'random bytes without end': 'open("/dev/random", "rb").read(2**20)',
  'a device of zeros of its own':
    'import os, stat\nos.mknod("/tmp/zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))\nopen("/tmp/zero", "rb").read(2**20)',
};

/** Each ends well only where nothing held the program back. */
const FLOODS: Readonly<Record<string, string>> = {
  'processes without end': 'import os, time\nfor _ in range(1000):\n    if os.fork() == 0:\n        time.sleep(100)',
  'threads without end':
    'import threading, time\nfor _ in range(1000):\n    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()',
  'memory without end': 'x = []\nwhile True:\n    x.append(bytearray(2**26))',
  'a file without end':
    'import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nopen("/tmp/big", "wb").write(bytes(2**24))',
  'files without end': 'for i in range(10_000):\n    open(f"/tmp/{i}", "w").write("x")',
  'a pipe that nobody writes': 'import os\nos.mkfifo("/tmp/pipe")\nopen("/tmp/pipe").read()',
  'a pipe that it reads itself':
    'import os\nos.mkfifo("/tmp/pipe")\nend = os.open("/tmp/pipe", os.O_RDWR)\nwhile True: os.write(end, bytes(2**16))',
};

/** These do nothing but write, so that a moment shows as much as a minute. */
const TALK: Readonly<Record<string, string>> = {
  'a line without end': 'import sys\nwhile True: sys.stdout.write("x" * 2**16)',
  'lines without end': 'import sys\nwhile True: print("x", file=sys.stderr, flush=True)',
};

/** Each passes only where the program could say so itself: the test fails whatever it computes. */
const FORGERIES: Readonly<Record<string, string>> = {
  'ending well': 'import os\nos._exit(0)',
  leaving: 'import sys\nsys.exit(0)',
  'ending well in the call': 'import os\ndef f(): os._exit(0)',
  'killing its group': 'import os\nos.kill(0, 9)',
  'killing all': 'import os\nos.kill(-1, 9)',
  'writing a verdict everywhere': `import os
for number in range(256):
    try: os.write(number, b'{"result":"passed","message":""}')
    except OSError: pass
os._exit(0)`,
  'reading constants for a secret': `import sys, os
frame = sys._getframe()
while frame:
    for constant in frame.f_code.co_consts:
        if isinstance(constant, bytes) and len(constant) > 30:
            os.write(1, constant); os._exit(0)
    frame = frame.f_back`,
  'asserting nothing': 'import builtins\nbuiltins.AssertionError = None',
  'other builtins': 'import builtins\nbuiltins.compile = builtins.exec = lambda *a, **k: None',
  'being equal to everything': 'class Any:\n    __eq__ = lambda self, other: True\ndef f(): return Any()',
  'a number that is equal to everything':
    'class Any(int):\n    __eq__ = lambda self, other: True\n    __hash__ = int.__hash__\ndef f(): return Any()',
  'catching what the test raises': 'import sys\nsys.excepthook = lambda *a: None\ndef f(): return 1',
  tracing: 'import sys\nsys.settrace(lambda *a: None)\ndef f(): return 1',
  'at its end': 'import atexit, os\natexit.register(os._exit, 0)\ndef f(): return 1',
  'answers of its own': `import os, json, struct, threading
def flood():
    data = json.dumps({"value": True, "after": []}).encode()
    while True: os.write(11, struct.pack("I", len(data)) + data)
threading.Thread(target=flood, daemon=True).start()
def f(): return 1`,
  'nonsense in answers': 'import os\nos.write(11, b"\\x05\\x00\\x00\\x00[[[[[")\ndef f(): return 1',
  'an answer without end': 'import os\nos.write(11, b"\\xff\\xff\\xff\\x7f")\ndef f(): return 1',
};

describe.each(['by bubblewrap', 'of root', 'of a user'] as const)('a program in namespaces %s', async (entrance) => {
  const sandbox = await sandboxOrReason(entrance);
  if (typeof sandbox === 'string') {
    process.stderr.write(`programs in namespaces ${entrance}: skipped: ${sandbox}\n`);
    test('where programs cannot be confined, that is said in a sentence', () => {
      expect(sandbox).toMatch(/^--run-code: expected [^\n]+; [^\n]+$/);
    });
    return;
  }
  const ran = (program: string, tests = '', timeout = 20) =>
    sandbox.run({ effect: 'sandbox', language: 'python', program, tests, timeout }, signal);

  test('passes when its tests do, and fails with the last line of what it complains of', async () => {
    const program = 'def f(x):\n    return x + 1';
    expect(await ran(program, 'assert f(1) == 2')).toEqual({ effect: 'sandbox', result: 'passed', message: '' });
    expect(await ran(program, 'print("hm")\nassert f(1) == 3, "no"')).toMatchObject({
      result: 'failed',
      message: 'AssertionError: no',
    });
    expect(await ran('def (')).toMatchObject({ result: 'failed', message: 'SyntaxError: invalid syntax' });
    expect(await ran('def f(): return 1 / 0', 'f()')).toMatchObject({ message: 'ZeroDivisionError: division by zero' });
    expect(await ran('', 'g()')).toMatchObject({ message: "NameError: name 'g' is not defined" });
  });

  test.each([
    [
      'plain values of every kind',
      'def f(x): return x',
      'for x in [None, True, 2**200, -0.5, float("inf"), 1j, "ä", b"x", [1, (2,)], {"a": {1}}, {1: 2}, range(3)]:\n    y = f(x)\n    assert y == x and type(y) is type(x)',
    ],
    ['generators and iterators', 'def f(n):\n    yield from range(n)', 'assert list(f(3)) == [0, 1, 2]'],
    ['lists that are changed in place', 'def f(x): x.sort()', 'x = [3, 1]\nf(x)\nassert x == [1, 3]'],
    [
      'objects of its own',
      'class Node:\n    def __init__(self, v): self.v, self.next = v, None\ndef f(n): return n.v + n.next.v',
      'n = Node(1)\nn.next = Node(2)\nassert f(n) == 3 and n.v == 1',
    ],
    ['modules that it imported', 'import math', 'assert math.floor(1.5) == 1'],
    [
      'functions that call each other',
      'def a(x): return b(x) + 1\ndef b(x): return x * 2',
      'assert a(2) == 5 and b(3) == 6',
    ],
    [
      'errors that tests expect',
      'def f(): raise ValueError("bad")',
      'try:\n    f()\n    assert False\nexcept ValueError as error:\n    assert str(error) == "bad"',
    ],
    [
      'check of HumanEval',
      'def add(a, b): return a + b',
      'METADATA = {}\ndef check(candidate):\n    assert candidate(1, b=2) == 3\n    assert abs(candidate(0.1, 0.2) - 0.3) < 1e-6\ncheck(add)',
    ],
    [
      'a folder of its own',
      'open("/tmp/mine", "w").write("x")\ndef f(): return open("/tmp/mine").read()',
      'assert f() == "x"',
    ],
  ])('can use %s', async (_, program, tests) => {
    expect(await ran(program, tests)).toMatchObject({ result: 'passed', message: '' });
  });

  test('that does not end is ended', async () => {
    const found = await Promise.all([
      ran('while True: pass', '', 0.3),
      ran('import time\ntime.sleep(1000)', '', 0.2),
      ran('def f():\n    while True: pass', 'f()', 0.3),
    ]);
    expect(found.map(({ result }) => result)).toEqual(['timed out', 'timed out', 'timed out']);
  });

  test('sees no variable of the environment, no input, and no file but its interpreter', async () => {
    process.env.RIGHTSIZE_TEST_KEY = 'secret';
    const program = `import os, sys
assert sorted(os.environ) == ["HOME", "LC_ALL", "PATH"]
assert sys.stdin.read() == ""
assert set(os.listdir("/")) <= {"dev", "etc", "lib", "lib32", "lib64", "tmp", "usr", "root", "home", "opt"}
assert os.listdir("/dev") == ["null"] and os.listdir("/tmp") == []
assert os.path.exists("/etc/ld.so.cache") == (os.listdir("/etc") == ["ld.so.cache"] if os.path.exists("/etc") else False)`;
    expect(await ran(program)).toMatchObject({ result: 'passed', message: '' });
    delete process.env.RIGHTSIZE_TEST_KEY;
  });

  // The kernel counts no processes of root, who is this user outside of namespaces of its own; a control group counts all.
  const counted = process.getuid?.() !== 0 || entrance === 'of root' || GROUP !== null;
  // Bubblewrap limits the bytes in /tmp, and not the number of its files.
  const left = [
    ...(counted ? [] : ['processes without end']),
    ...(entrance === 'by bubblewrap' ? ['files without end'] : []),
  ];
  const floods = Object.entries(FLOODS).filter(([name]) => !left.includes(name));

  test(`does not get out in ${Object.keys(ESCAPES).length} ways`, async () => {
    const program = `import json
def f():
    out = []
    for name, source in json.loads(${JSON.stringify(JSON.stringify(ESCAPES))}).items():
        try:
            exec(source, {})
            out.append(name)
        except BaseException:
            out.append(None)
    return out`;
    const tests = `found = f()\nassert len(found) == ${Object.keys(ESCAPES).length}\nassert not any(found), [x for x in found if x]`;
    expect(await ran(program, tests)).toMatchObject({ result: 'passed', message: '' });
  });

  test.each(floods)('is held back from %s', async (_, program) => {
    expect((await ran(program, '', 5)).result).not.toBe('passed');
  });

  test.each(Object.entries(TALK))('is held back from %s', async (_, program) => {
    expect((await ran(program, '', 0.3)).result).not.toBe('passed');
  });

  test.each(Object.entries(FORGERIES))('does not pass by %s', async (_, program) => {
    expect((await ran(program, 'assert f() == 2', 5)).result).not.toBe('passed');
  });

  test('that was interrupted is not judged', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 200);
    const request = {
      effect: 'sandbox',
      language: 'python',
      program: 'while True: pass',
      tests: '',
      timeout: 20,
    } as const;
    await expect(sandbox.run(request, abort.signal)).rejects.toThrow('enough');
  });
});

test('there are sixty attempts to get out, and more', () => {
  expect(Object.keys({ ...ESCAPES, ...FLOODS, ...TALK }).length).toBeGreaterThanOrEqual(60);
});

test('a control group is made with both limits or not at all, and a command enters it before it begins', () => {
  const root = folderWith({});
  expect(createGroup({ memory: 2 ** 20, processes: 4 }, root)).toBeNull();
  expect(readdirSync(root)).toEqual([]);
  expect(within(null, ['true'])).toEqual(['true']);
  const entries = ['a', 'b'].map((name) => join(root, name));
  const [command, ...args] = within({ entries }, ['/bin/echo', 'entered', 'as a b']);
  expect(spawnSync(command, args, { encoding: 'utf8' }).stdout).toBe('entered as a b\n');
  for (const entry of entries) expect(readFileSync(entry, 'utf8')).toBe('0\n');
  const nowhere = within({ entries: [join(root, 'none', 'cgroup.procs')] }, ['/bin/echo', 'entered']);
  expect(spawnSync(nowhere[0], nowhere.slice(1), { encoding: 'utf8' }).stdout).toBe('');
});
