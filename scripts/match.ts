/** `npm run match -- [FILE]`: an exchange on the command line, commands in and execution reports out, a line each. */
import { createReadStream, existsSync } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Edge, FAULTS, Fault, LINE_CHARS_MAX } from '@gridworks/trading/domain/matching/edge';
import type { MatchingEngine } from '@gridworks/trading/domain/matching/engine';
import { FastEngine } from '@gridworks/trading/domain/matching/fast';
import { NaiveEngine } from '@gridworks/trading/domain/matching/naive';

const USAGE = `Usage: npm run match -- [FILE] [options]

Reads commands from FILE, or from standard input, one JSON object a line, and writes every execution report as a line of
JSON. A line that is no command is answered with a line of kind "fault" and changes nothing. docs/MATCHING.md tells the
format.

  --engine fast|naive  the engine as it is served (default), or its executable specification
  --no-risk            no accounts: anybody may order anything
  --hash               the hash of the final state, on standard error`;

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args);
  if (values.help) return console.log(USAGE);
  const [path, ...more] = positionals;
  if (more.length > 0) throw new Error(`One file at a time; "${more[0]}" is one too many.`);
  if (path !== undefined && !existsSync(path)) throw new Error(`There is no file ${path}.`);
  const engine = makeEngine(values.engine, !values['no-risk']);
  await match(engine, path === undefined ? process.stdin : createReadStream(path));
  if (values.hash) process.stderr.write(`${engine.hash()}\n`);
}

function readArguments(args: string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`, { cause: error });
  }
}

function parse(args: string[]) {
  return parseArgs({
    args,
    options: {
      engine: { type: 'string', default: 'fast' },
      'no-risk': { type: 'boolean', default: false },
      hash: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
}

function makeEngine(name: string, risk: boolean): MatchingEngine {
  if (name === 'fast') return new FastEngine({ risk });
  if (name === 'naive') return new NaiveEngine({ risk });
  throw new Error(`--engine: "${name}" is neither fast nor naive.`);
}

/** Carries out line after line; when the reader of the reports is slow, the commands wait. */
async function match(engine: MatchingEngine, input: NodeJS.ReadableStream): Promise<void> {
  const edge = new Edge();
  let text = '';
  let number = 0;
  const answer = (line: string): void => {
    number += 1;
    if (line.trim() === '') return;
    const command = edge.read(line);
    if (command instanceof Fault) {
      const { code, field } = command;
      text += `${JSON.stringify({ kind: 'fault', line: number, code, field, message: FAULTS[code] })}\n`;
    } else {
      engine.apply(command, (report) => {
        text += `${JSON.stringify(edge.write(report))}\n`;
      });
    }
  };
  // Who reads only the first reports closes the pipe: that ends the run and is no fault of it.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  for await (const lines of linesOf(input)) {
    lines.forEach(answer);
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
    text = '';
  }
}

/** The lines of a stream, as many at a time as have come. Of one that is too long only so much is kept as shows that. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<readonly string[]> {
  input.setEncoding('utf8');
  let rest = '';
  for await (const chunk of input as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, LINE_CHARS_MAX + 1);
    yield lines;
  }
  if (rest !== '') yield [rest];
}
