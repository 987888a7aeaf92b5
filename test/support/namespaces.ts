/**
 * Machines in network namespaces: each has a cable to a switch, and a cable can be cut. Nothing of it touches the network of the host.
 *
 *     [hub: switch, 10.77.0.1] ── cable ── [machine 1, 10.77.0.2]
 *                              └─ cable ── [machine 2, 10.77.0.3] …
 */
import { spawnSync } from 'node:child_process';

export interface Network {
  readonly machines: readonly string[];
  /** The address of the hub. */
  readonly hub: string;
  /** A command in the namespace of a machine; null for the hub. */
  inside(machine: string | null, command: readonly string[]): readonly string[];
  cut(machine: string): void;
  mend(machine: string): void;
  close(): void;
}

const HUB = '10.77.0.1';

/** Why there are no namespaces here; null where there are. */
export function whyNoNamespaces(): string | null {
  const probe = `rs${process.pid}probe`;
  const made = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' });
  if (made.error !== undefined) return 'ip is not installed';
  if (made.status !== 0) return `ip netns: ${made.stderr.trim()}`;
  const [lacking] = ['link set lo up', 'link add name switch type bridge', 'link add name a type veth peer name b']
    .map((command) => spawnSync('ip', ['-n', probe, ...command.split(' ')], { encoding: 'utf8' }))
    .filter(({ status }) => status !== 0);
  spawnSync('ip', ['netns', 'del', probe]);
  return lacking === undefined ? null : `ip: ${lacking.stderr.trim()}`;
}

export function openNetwork(machines: readonly string[]): Network {
  const space = (machine: string | null) => `rs${process.pid}${machine ?? 'hub'}`;
  const ip = (...words: readonly string[]) => {
    const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr.trim()}`);
  };
  const cable = (machine: string) => `to-${machine}`;
  ip('netns', 'add', space(null));
  const inHub = (words: string) => ip('-n', space(null), ...words.split(' '));
  inHub('link set lo up');
  inHub('link add name switch type bridge');
  inHub(`addr add ${HUB}/24 dev switch`);
  inHub('link set switch up');
  for (const [i, machine] of machines.entries()) {
    ip('netns', 'add', space(machine));
    inHub(`link add name ${cable(machine)} type veth peer name eth0 netns ${space(machine)}`);
    inHub(`link set ${cable(machine)} master switch`);
    inHub(`link set ${cable(machine)} up`);
    for (const words of [`addr add 10.77.0.${i + 2}/24 dev eth0`, 'link set lo up', 'link set eth0 up'])
      ip('-n', space(machine), ...words.split(' '));
  }
  return {
    machines,
    hub: HUB,
    inside: (machine, command) => ['ip', 'netns', 'exec', space(machine), ...command],
    cut: (machine) => inHub(`link set ${cable(machine)} down`),
    mend: (machine) => inHub(`link set ${cable(machine)} up`),
    close() {
      for (const machine of [...machines, null]) spawnSync('ip', ['netns', 'del', space(machine)]);
    },
  };
}
