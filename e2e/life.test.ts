/** What a person at the terminal does to the product: start it, stop it, kill it, start it twice. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { RegisterDocument, SignInDocument } from '@gridworks/schema/operations';
import { GraphClient, eventually } from './client.ts';
import { freePorts, freshDataDir, run, start } from './process.ts';

const dataDir = freshDataDir();
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const somebody = {
  tenant: 'gridworks',
  email: 'keeper@gridworks.example',
  password: 'a long enough password',
  displayName: 'Keeper',
};
const credentials = { tenant: somebody.tenant, email: somebody.email, password: somebody.password };

describe('the command', { timeout: 240_000 }, () => {
  it('refuses what is wrong, stops within seconds, and keeps what it was told, also through a kill', async () => {
    const first = await start('start', { dataDir });
    const client = new GraphClient(first.url);
    const { register } = await client.data(RegisterDocument, { input: somebody });
    expect(register.refusal).toBeNull();

    // A second one on the same port, and a second one on the same data.
    const onPort = await run('start', [], { PORT: String(first.port), GRIDWORKS_DATA: freshDataDir() });
    expect(onPort).toMatchObject({ code: 1 });
    expect(onPort.output).toContain(`port ${first.port} on 127.0.0.1 is already in use`);
    const onData = await run('start', [], { PORT: String(await freePorts()), GRIDWORKS_DATA: dataDir });
    expect(onData).toMatchObject({ code: 1 });
    expect(onData.output).toMatch(/in use by process \d+/);

    const stopped = await first.interrupt();
    expect(stopped.code).toBe(0);
    expect(stopped.tookMs).toBeLessThan(10_000);
    expect(first.output()).not.toMatch(/Error|Unhandled/);

    const second = await start('start', { dataDir });
    const again = new GraphClient(second.url);
    expect((await again.data(SignInDocument, { input: credentials })).signIn.user?.displayName).toBe(
      'Keeper',
    );
    const other = { ...somebody, email: 'other@gridworks.example' };
    await again.data(RegisterDocument, { input: other });
    // Who asks for ticks has them kept first, so from here on a kill leaves a trace.
    await again.data<unknown>(
      `{ instrument(symbol: "YESBANK") { tickSummary(from: "2020-01-01T00:00:00Z", to: "2040-01-01T00:00:00Z") { vwap } } }`,
    );
    second.process.kill('SIGKILL');
    await new Promise((resolve) => second.process.once('close', resolve));

    const third = await start('start', { dataDir });
    // The market has ticked since; the second before the kill may be missing, and that is said.
    await eventually(
      async () => third.output(),
      (output) => output.includes('ticks may not have been kept'),
    );
    const { signIn } = await new GraphClient(third.url).data(SignInDocument, {
      input: { ...credentials, email: other.email },
    });
    expect(signIn.refusal).toBeNull();
    expect((await third.interrupt()).code).toBe(0);
    expect(existsSync(`${dataDir}/postgres.url`)).toBe(false);
  });

  it('says what is wrong with a configuration, and does nothing', async () => {
    const untouched = freshDataDir();
    const { code, output } = await run('start', [], {
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      GRIDWORKS_DATA: untouched,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/PORT: .*\n.*LOG_LEVEL: /);
    await rm(untouched, { recursive: true });
  });
});
