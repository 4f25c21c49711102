/** In which forms a client takes its answer, from its Accept header. */

export const JSON_TYPE = 'application/json';
export const RESPONSE_TYPE = 'application/graphql-response+json';
const PARTS_TYPE = 'multipart/mixed';
/** The draft of incremental delivery that clients name when they ask for answers in parts. */
export const DEFER_SPEC = '20220824';
const EVENTS_TYPE = 'text/event-stream';

export interface Accepted {
  /** Of an answer in one piece; undefined when the client takes none. */
  readonly type: typeof JSON_TYPE | typeof RESPONSE_TYPE | undefined;
  /** Whether deferred parts may follow the first (`multipart/mixed`). */
  readonly parts: boolean;
  /** Whether an answer may be a stream of events (`text/event-stream`). */
  readonly events: boolean;
}

const ANYTHING: Accepted = { type: JSON_TYPE, parts: false, events: false };

/** What the header says; of the two forms of JSON the one with more weight, or the one named first. */
export function acceptedBy(header: string | undefined): Accepted {
  if (header === undefined || header === '*/*' || header === JSON_TYPE) return ANYTHING;
  let type: Accepted['type'];
  let weightMax = 0;
  let parts = false;
  let events = false;
  for (const range of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((each) => each.trim());
    const weight = weightOf(parameters);
    if (!(weight > 0)) continue;
    if (name === EVENTS_TYPE) events = true;
    else if (name === PARTS_TYPE) parts ||= parameters.includes(`deferspec=${DEFER_SPEC}`);
    else if (weight > weightMax) {
      const offered = offerOf(name);
      if (offered === undefined) continue;
      type = offered;
      weightMax = weight;
    }
  }
  return { type, parts, events };
}

function offerOf(range: string): Accepted['type'] {
  if (range === RESPONSE_TYPE) return RESPONSE_TYPE;
  return range === JSON_TYPE || range === 'application/*' || range === '*/*' ? JSON_TYPE : undefined;
}

function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((each) => each.startsWith('q='));
  return given === undefined ? 1 : Number(given.slice(2));
}
