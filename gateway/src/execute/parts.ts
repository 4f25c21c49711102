/** An answer in parts: what is ready first, and each deferred part when it is. */
import type { GraphQLError } from 'graphql';
import type { Compiled, DeferredPart } from '../plan/operation.ts';
import { formatted, type Answer, type AnswerInParts } from './answer.ts';
import { placesAt } from './entities.ts';
import { Writing, type Fault } from './projection.ts';
import type { Run } from './run.ts';

/** Errors as the client may read them: what subgraphs said of a part, else the faults its writing met. */
export type Tell = (said: readonly GraphQLError[], faults: readonly Fault[]) => readonly GraphQLError[];

/** The first part is written; the others are on their way. */
export function answerInParts(first: Answer, compiled: Compiled, run: Run, tell: Tell): AnswerInParts {
  const ready = new Map<string, Promise<DeferredPart>>();
  for (const part of compiled.deferred) {
    const within = compiled.program.deferrals.find(({ id }) => id === part.id)?.within;
    const before = within === undefined ? undefined : ready.get(within);
    const completed = run.complete(part.id);
    // Never before the part it lies in.
    const done = Promise.all([completed, before]).then(() => part);
    done.catch(() => undefined);
    ready.set(part.id, done);
  }
  async function* rest(): AsyncGenerator<{ incremental: string; hasNext: boolean }> {
    while (ready.size > 0) {
      const part = await Promise.race(ready.values());
      ready.delete(part.id);
      const items = first.data === 'null' ? [] : writePart(part, run, tell);
      if (items.length > 0 || ready.size === 0) {
        yield { incremental: `[${items.join(',')}]`, hasNext: ready.size > 0 };
      }
    }
  }
  return { first, hasNext: true, rest: rest() };
}

/** One item for each object that the part belongs to. */
function writePart(part: DeferredPart, run: Run, tell: Tell): readonly string[] {
  const label = part.label === undefined ? '' : `"label":${JSON.stringify(part.label)},`;
  const canonical = part.path.map((field) => field.canonical);
  const keys = part.path.map((field) => field.key);
  const said = run.errorsOf(part.id);
  const items: string[] = [];
  for (const [object, places] of placesAt(run.root, [canonical])) {
    for (const place of places) {
      const writing = new Writing(run.shared);
      const written = part.scope.write(object, writing, undefined, '');
      if (written === '{}') continue;
      let depth = 0;
      const path = place.map((step) => (typeof step === 'number' ? step : (keys[depth++] ?? step)));
      const faults = writing.faults.map((fault) => ({ ...fault, path: [...path, ...fault.path] }));
      // What subgraphs said of the part is told once.
      const errors = tell(items.length === 0 ? said : [], said.length === 0 ? faults : []);
      const told = errors.length === 0 ? '' : `,"errors":${JSON.stringify(errors.map(formatted))}`;
      items.push(`{${label}"path":${JSON.stringify(path)},"data":${written ?? 'null'}${told}}`);
    }
  }
  return items;
}
