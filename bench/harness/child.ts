/** The child's side of a process of the benchmark: its task comes as an argument, its orders as messages. */

/** An order of the parent, and what it is answered with. */
export interface Order {
  readonly id: number;
  readonly name: string;
  readonly value: unknown;
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: string;
}

/** What this process was started with. */
export function readTask<Task>(): Task {
  return JSON.parse(process.argv[2] ?? '{}') as Task;
}

/** Answers orders by name, one reply each, until the parent is gone. */
export function serveParent(orders: Readonly<Record<string, (value: never) => Promise<unknown>>>): void {
  process.on('message', ({ id, name, value }: Order) => {
    const run = orders[name];
    const done = run ? run(value as never) : Promise.reject(new Error(`no such order: ${name}`));
    done.then(
      (answer) => process.send?.({ id, value: answer } satisfies Reply),
      (error: unknown) => process.send?.({ id, fault: String(error) } satisfies Reply),
    );
  });
  process.once('disconnect', () => process.exit(0));
}
