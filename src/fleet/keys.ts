/** The names in Redis. */

/** The beginning of every key, also of BullMQ's. */
export const PREFIX = 'rightsize';
/** A hash: the runs that machines can join, by the part of their coordinator. */
export const RUNS = `${PREFIX}:runs`;
/** A hash: the machines that joined, by id. */
export const MACHINES = `${PREFIX}:machines`;

/** A stream: lines that machines appended to their parts. */
export const resultsKey = (run: string) => `${PREFIX}:results:${run}`;
/** A set: the trials of a block whose lines were sent. */
export const doneKey = (run: string, block: string) => `${PREFIX}:done:${run}:${block}`;
/** A string: the load test that a machine is called to, for as long as the call stands. */
export const callKey = (machine: string) => `${PREFIX}:call:${machine}`;
/** A stream: what a machine is told in a load test. */
export const ordersKey = (call: string, machine: string) => `${PREFIX}:orders:${call}:${machine}`;
/** A stream: what the machines of a load test answer. */
export const repliesKey = (call: string) => `${PREFIX}:replies:${call}`;
/** The queue of a model: a machine takes from those of the models that it runs. */
export const queueName = (run: string, model: number) => `${run}-${model}`;

/** How often a block is tried where it fails, and how many machines may die over it, before it is set aside. */
export const ATTEMPTS = 3;
