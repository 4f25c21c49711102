import { listen, type Listening } from '@gridworks/kit/http';
import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AnswerInParts } from '../execute/answer.ts';
import { sendInParts } from './multipart.ts';

vi.setConfig({ testTimeout: 60_000 });

type LaterPart = { readonly incremental: string; readonly hasNext: boolean };

/** Parts that come when the test hands them over, as those of an executor do. */
class Parts implements AsyncIterable<LaterPart> {
  readonly #coming: ((part: LaterPart) => void)[] = [];
  asked = 0;
  isLeft = false;

  give(part: LaterPart): void {
    this.#coming.shift()?.(part);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LaterPart> {
    try {
      for (;;) {
        const coming = new Promise<LaterPart>((resolve) => this.#coming.push(resolve));
        this.asked += 1;
        const part = await coming;
        yield part;
        if (!part.hasNext) return;
      }
    } finally {
      this.isLeft = true;
    }
  }
}

const FIRST = { data: '{"slow":null}', errors: [] };
const HEAD = 'content-type: application/json; charset=utf-8\r\n\r\n';

describe('an answer in parts', () => {
  let listening: Listening;
  let sent: Promise<unknown>;
  let response: ServerResponse;
  afterEach(() => listening.close());

  /** Serves one answer to one client; `text` is what the client has of its body. */
  async function ask(
    rest: AsyncIterable<LaterPart>,
  ): Promise<{ incoming: IncomingMessage; text: () => string }> {
    const answer: AnswerInParts = { first: FIRST, hasNext: true, rest };
    listening = await listen('127.0.0.1', 0, async (_request, given) => {
      response = given;
      sent = sendInParts(given, ['x-trace-id', 'a-trace'], answer);
      await sent.catch(() => given.destroy());
    });
    const asking = get({ host: '127.0.0.1', port: listening.port, agent: false });
    const [incoming] = (await once(asking, 'response')) as [IncomingMessage];
    let text = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    // A broken answer is told by `complete`.
    incoming.on('error', () => undefined);
    return { incoming, text: () => text };
  }

  it('says in its headers what it is', async () => {
    const parts = new Parts();
    const { incoming } = await ask(parts);
    expect(incoming.statusCode).toBe(200);
    expect(incoming.headers).toMatchObject({
      'content-type': 'multipart/mixed; boundary="-"; deferSpec=20220824',
      'x-trace-id': 'a-trace',
    });
    incoming.destroy();
  });

  it('tells each part when it is there, whole to the delimiter, and closes after the last', async () => {
    const parts = new Parts();
    const { incoming, text } = await ask(parts);
    const first = `\r\n---\r\n${HEAD}{"data":{"slow":null},"hasNext":true}\r\n---`;
    await expect.poll(() => text()).toBe(first);

    parts.give({ incremental: '[{"path":["slow"],"data":{"a":"é"}}]', hasNext: true });
    const second = `\r\n${HEAD}{"incremental":[{"path":["slow"],"data":{"a":"é"}}],"hasNext":true}\r\n---`;
    await expect.poll(() => text()).toBe(first + second);

    parts.give({ incremental: '[]', hasNext: false });
    await once(incoming, 'close');
    expect(incoming.complete).toBe(true);
    expect(text()).toBe(`${first + second}\r\n${HEAD}{"incremental":[],"hasNext":false}\r\n-----\r\n`);
    await sent;
  });

  it('writes no faster than the client reads', async () => {
    let asked = 0;
    const large = JSON.stringify(['x'.repeat(1_000_000)]);
    const { incoming } = await ask(
      (async function* () {
        for (; asked < 20; asked++) yield { incremental: large, hasNext: asked < 19 };
      })(),
    );
    incoming.pause();
    await expect.poll(() => response?.writableNeedDrain).toBe(true);
    // More than all the buffers between hold.
    const stopped = asked;
    expect(stopped).toBeLessThan(19);
    incoming.resume();
    await once(incoming, 'close');
    await sent;
    expect(asked).toBe(20);
  });

  it('asks for nothing more when the client has left', async () => {
    const parts = new Parts();
    const { incoming } = await ask(parts);
    await expect.poll(() => parts.asked).toBe(1);
    const closed = once(response, 'close');
    incoming.destroy();
    await closed;
    parts.give({ incremental: '[]', hasNext: true });
    await sent;
    expect(parts).toMatchObject({ asked: 1, isLeft: true });
  });

  it('is left unfinished when its rest breaks, so that nobody takes it for whole', async () => {
    const { incoming, text } = await ask(
      (async function* (): AsyncGenerator<LaterPart> {
        yield { incremental: '[]', hasNext: true };
        throw new Error('broken');
      })(),
    );
    await new Promise((resolve) => incoming.once('close', resolve));
    await expect(sent).rejects.toThrow('broken');
    expect(text()).not.toContain('-----');
    expect(incoming.complete).toBe(false);
  });
});
