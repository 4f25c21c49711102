/**
 * The edge of the exchange: lines of JSON become commands, reports become lines of JSON. Names (instruments, owners,
 * client order ids) become whole numbers here and nowhere else, and everything is checked to be of the right form and
 * size; what passes is the engine's to judge. The format is told in docs/MATCHING.md.
 */
import {
  BALANCE_MAX,
  ID_MAX,
  INSTRUMENT_MAX,
  ORDER_TYPES,
  OWNER_MAX,
  PHASES,
  PRICE_MAX,
  QUANTITY_MAX,
  SIDES,
  STP_MODES,
  VALIDITIES,
  type Command,
  type NewOrder,
  type OrderType,
  type Report,
  type Validity,
} from './command.ts';
import { BANDS_BPS, DYNAMIC_BAND_BPS, tickSizeOf } from './rules.ts';

/** What can be wrong with a line before any engine looks at it. */
export const FAULTS = {
  LINE_TOO_LONG: 'The line is longer than 65,536 characters.',
  LINE_NOT_JSON: 'The line is not a JSON object.',
  COMMAND_UNKNOWN: 'There is no command of this kind.',
  FIELD_MISSING: 'The command needs this field.',
  FIELD_INVALID: 'The field has another form, or lies outside its bounds.',
  FIELD_UNKNOWN: 'The command has no such field.',
  FIELD_NOT_ALLOWED: 'An order of this type has no such field.',
  NAMES_EXHAUSTED: 'No more names of this kind can be told apart.',
} as const;
export type FaultCode = keyof typeof FAULTS;

export class Fault {
  constructor(
    readonly code: FaultCode,
    /** The field it is about, if it is about one. */
    readonly field: string | null = null,
  ) {}
}

export const LINE_CHARS_MAX = 65_536;
const NAME_CHARS_MAX = 64;
const ORDER_TO_TRADE_MAX = 500;
const FIXED_BAND_BPS = 2_000;
/** Latest instant: the year 9999. */
const INSTANT_MAX = 253_402_300_799_999;

/** Types whose orders have a limit, and whose orders wait for a stop price. */
const WITH_PRICE: readonly OrderType[] = ['LIMIT', 'STOP_LIMIT', 'ICEBERG'];
const WITH_STOP: readonly OrderType[] = ['STOP', 'STOP_LIMIT'];
const VALIDITIES_OF: Readonly<Record<OrderType, readonly Validity[]>> = {
  MARKET: ['DAY', 'IOC', 'FOK'],
  LIMIT: VALIDITIES,
  STOP: ['DAY', 'GTC', 'GTD'],
  STOP_LIMIT: ['DAY', 'GTC', 'GTD'],
  ICEBERG: ['DAY', 'GTC', 'GTD'],
};

export class Edge {
  readonly #instruments = new Names(INSTRUMENT_MAX);
  readonly #owners = new Names(OWNER_MAX);
  readonly #orders = new Names(ID_MAX);
  /** A command without an instant happens when the one before it did. */
  #at = 0;

  read(line: string): Command | Fault {
    if (line.length > LINE_CHARS_MAX) return new Fault('LINE_TOO_LONG');
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return new Fault('LINE_NOT_JSON');
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return new Fault('LINE_NOT_JSON');
    const fields = new Fields(json as Record<string, unknown>);
    const command = this.#command(fields);
    if (!command) return new Fault('COMMAND_UNKNOWN', 'kind');
    const fault = fields.fault();
    if (fault) return fault;
    this.#at = Math.max(this.#at, command.at);
    return command;
  }

  /** A report with names in the place of numbers. */
  write(report: Report): Record<string, unknown> {
    const named: Record<string, unknown> = { ...report };
    if ('instrument' in report && report.instrument !== null)
      named.instrument = this.#instruments.nameOf(report.instrument);
    if ('owner' in report && report.owner !== null) named.owner = this.#owners.nameOf(report.owner);
    if ('order' in report && report.order !== null) named.order = this.#clientIdOf(report.order);
    if (report.kind === 'traded') {
      named.maker = this.#clientIdOf(report.maker);
      named.makerOwner = this.#owners.nameOf(report.makerOwner);
      named.taker = this.#clientIdOf(report.taker);
      named.takerOwner = this.#owners.nameOf(report.takerOwner);
    }
    return named;
  }

  #command(fields: Fields): Command | undefined {
    const kind = fields.take('kind');
    const at = fields.integer('at', 0, INSTANT_MAX, this.#at);
    switch (kind) {
      case 'new':
        return this.#newOrder(fields, at);
      case 'modify':
        return {
          kind,
          at,
          ...this.#order(fields),
          quantity: fields.integerOrNull('quantity', 1, QUANTITY_MAX),
          price: fields.integerOrNull('price', 1, PRICE_MAX),
          stop: fields.integerOrNull('stop', 1, PRICE_MAX),
          display: fields.integerOrNull('display', 1, QUANTITY_MAX),
        };
      case 'cancel':
        return { kind, at, ...this.#order(fields) };
      case 'massCancel': {
        const owner = fields.name('owner', this.#owners);
        const instrument = fields.nameOrNull('instrument', this.#instruments);
        return { kind, at, owner, instrument, side: fields.oneOfOrNull('side', SIDES) };
      }
      case 'phase': {
        const instrument = fields.nameOrNull('instrument', this.#instruments);
        return { kind, at, instrument, phase: fields.oneOf('phase', PHASES) };
      }
      case 'clock':
      case 'day':
        return { kind, at };
      case 'instrument':
        return this.#listing(fields, at);
      case 'reference': {
        const instrument = fields.name('instrument', this.#instruments);
        return { kind, at, instrument, previousClose: fields.integer('previousClose', 1, PRICE_MAX) };
      }
      case 'flex': {
        const instrument = fields.name('instrument', this.#instruments);
        return { kind, at, instrument, direction: fields.oneOf('direction', ['UP', 'DOWN']) };
      }
      case 'account': {
        const owner = fields.name('owner', this.#owners);
        const cash = fields.integer('cash', -BALANCE_MAX, BALANCE_MAX, 0);
        const positionMax = fields.integer('positionMax', 0, BALANCE_MAX, BALANCE_MAX);
        const orderToTradeMax = fields.integer('orderToTradeMax', 1, QUANTITY_MAX, ORDER_TO_TRADE_MAX);
        return { kind, at, owner, cash, positionMax, orderToTradeMax };
      }
      case 'holding': {
        const owner = fields.name('owner', this.#owners);
        const instrument = fields.name('instrument', this.#instruments);
        const quantity = fields.integer('quantity', -BALANCE_MAX, BALANCE_MAX);
        return { kind, at, owner, instrument, quantity };
      }
      default:
        return undefined;
    }
  }

  #newOrder(fields: Fields, at: number): NewOrder {
    const type = fields.oneOf('type', ORDER_TYPES, 'LIMIT');
    const validity = fields.oneOf('validity', VALIDITIES_OF[type], 'DAY');
    const quantity = fields.integer('quantity', 1, QUANTITY_MAX);
    const mayPost = WITH_PRICE.includes(type) && type !== 'STOP_LIMIT' && !isAtOnce(validity);
    return {
      kind: 'new',
      at,
      instrument: fields.name('instrument', this.#instruments),
      ...this.#order(fields),
      side: fields.oneOf('side', SIDES),
      type,
      validity,
      quantity,
      price: fields.integerIf(WITH_PRICE.includes(type), 'price', PRICE_MAX),
      stop: fields.integerIf(WITH_STOP.includes(type), 'stop', PRICE_MAX),
      display: fields.integerIf(type === 'ICEBERG', 'display', quantity),
      expiresAt: fields.integerIf(validity === 'GTD', 'expiresAt', INSTANT_MAX),
      postOnly: fields.flag('postOnly', mayPost),
      stp: fields.oneOf('stp', STP_MODES, 'CANCEL_NEWEST'),
    };
  }

  #listing(fields: Fields, at: number): Command {
    const previousClose = fields.integer('previousClose', 1, PRICE_MAX);
    const dynamic = fields.flag('dynamic', true);
    const bands = dynamic ? [DYNAMIC_BAND_BPS] : BANDS_BPS;
    const bandBps = fields.integer('bandBps', 1, 10_000, dynamic ? DYNAMIC_BAND_BPS : FIXED_BAND_BPS);
    if (!bands.includes(bandBps)) fields.reject('FIELD_INVALID', 'bandBps');
    return {
      kind: 'instrument',
      at,
      instrument: fields.name('instrument', this.#instruments),
      tick: fields.integer('tick', 1, PRICE_MAX, tickSizeOf(previousClose)),
      lot: fields.integer('lot', 1, QUANTITY_MAX, 1),
      freeze: fields.integer('freeze', 1, QUANTITY_MAX, QUANTITY_MAX),
      bandBps,
      dynamic,
      previousClose,
    };
  }

  /** Owner and order: a client order id is its owner's alone. */
  #order(fields: Fields): { readonly owner: number; readonly order: number } {
    const owner = fields.name('owner', this.#owners);
    const order = fields.name('order', this.#orders, `${owner}\n`);
    return { owner, order };
  }

  #clientIdOf(order: number): string {
    const name = this.#orders.nameOf(order);
    return name.slice(name.indexOf('\n') + 1);
  }
}

/** Names and their numbers, given out from 1 without gaps. */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  constructor(private readonly max: number) {}

  /** Undefined when there are too many. */
  numberOf(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#names.length === this.max) return undefined;
    this.#names.push(name);
    this.#numbers.set(name, this.#names.length);
    return this.#names.length;
  }

  nameOf(number: number): string {
    return this.#names[number - 1] ?? '';
  }
}

/**
 * The fields of one line, taken out one by one. The first that is wrong is remembered, and what stands for it goes no
 * further: a line with a fault becomes no command.
 */
class Fields {
  readonly #taken = new Set<string>();
  #fault: Fault | undefined;

  constructor(private readonly json: Readonly<Record<string, unknown>>) {}

  /** What is wrong with the line, fields that nobody asked for included. */
  fault(): Fault | undefined {
    const unknown = Object.keys(this.json).find((field) => !this.#taken.has(field));
    if (unknown !== undefined) this.reject('FIELD_UNKNOWN', unknown);
    return this.#fault;
  }

  reject(code: FaultCode, field: string): void {
    this.#fault ??= new Fault(code, field);
  }

  take(field: string): unknown {
    this.#taken.add(field);
    return Object.hasOwn(this.json, field) ? (this.json[field] ?? undefined) : undefined;
  }

  integer(field: string, min: number, max: number, otherwise?: number): number {
    const value = this.take(field) ?? otherwise;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max)
      return Object.is(value, -0) ? 0 : value;
    this.reject(value === undefined ? 'FIELD_MISSING' : 'FIELD_INVALID', field);
    return min;
  }

  integerOrNull(field: string, min: number, max: number): number | null {
    return this.take(field) === undefined ? null : this.integer(field, min, max);
  }

  /** A field that is needed when it belongs to the command, and not allowed when it does not. */
  integerIf(belongs: boolean, field: string, max: number): number | null {
    if (belongs) return this.integer(field, 1, max);
    if (this.take(field) !== undefined) this.reject('FIELD_NOT_ALLOWED', field);
    return null;
  }

  flag(field: string, mayBeTrue: boolean): boolean {
    const value = this.take(field) ?? false;
    if (typeof value !== 'boolean') this.reject('FIELD_INVALID', field);
    else if (value && !mayBeTrue) this.reject('FIELD_NOT_ALLOWED', field);
    return value === true;
  }

  oneOf<T extends string>(field: string, allowed: readonly T[], otherwise?: T): T {
    const value = this.take(field) ?? otherwise;
    const found = allowed.find((each) => each === value);
    if (found !== undefined) return found;
    this.reject(value === undefined ? 'FIELD_MISSING' : 'FIELD_INVALID', field);
    return allowed[0] as T;
  }

  oneOfOrNull<T extends string>(field: string, allowed: readonly T[]): T | null {
    return this.take(field) === undefined ? null : this.oneOf(field, allowed);
  }

  name(field: string, names: Names, prefix = ''): number {
    const value = this.take(field);
    if (typeof value !== 'string' || value.length === 0 || value.length > NAME_CHARS_MAX) {
      this.reject(value === undefined ? 'FIELD_MISSING' : 'FIELD_INVALID', field);
      return 1;
    }
    const number = names.numberOf(prefix + value);
    if (number === undefined) this.reject('NAMES_EXHAUSTED', field);
    return number ?? 1;
  }

  nameOrNull(field: string, names: Names): number | null {
    return this.take(field) === undefined ? null : this.name(field, names);
  }
}

function isAtOnce(validity: Validity): boolean {
  return validity === 'IOC' || validity === 'FOK';
}
