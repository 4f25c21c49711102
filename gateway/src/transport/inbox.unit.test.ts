import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';

function openInbox(waitingMax?: number): { inbox: Inbox<number>; calls: string[] } {
  const calls: string[] = [];
  const inbox = new Inbox<number>(
    {
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
      close: () => calls.push('close'),
    },
    waitingMax,
  );
  return { inbox, calls };
}

const DONE = { done: true, value: undefined };

describe('an inbox', () => {
  it('hands on in order, whoever comes first', async () => {
    const { inbox } = openInbox();
    const early = inbox.next();
    inbox.push(1);
    inbox.push(2);
    expect(await early).toEqual({ done: false, value: 1 });
    expect(await inbox.next()).toEqual({ done: false, value: 2 });
  });

  it('pauses its source when it is full, and lets it go on when it is empty', async () => {
    const { inbox, calls } = openInbox(2);
    inbox.push(1);
    expect(calls).toEqual([]);
    inbox.push(2);
    inbox.push(3);
    expect(calls).toEqual(['pause']);
    await inbox.next();
    await inbox.next();
    expect(calls).toEqual(['pause']);
    await inbox.next();
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('hands on what waits before it tells the end', async () => {
    const { inbox } = openInbox();
    inbox.push(1);
    inbox.end();
    inbox.push(2);
    expect(await inbox.next()).toEqual({ done: false, value: 1 });
    expect(await inbox.next()).toEqual(DONE);
    expect(await inbox.next()).toEqual(DONE);
  });

  it('tells once that its source broke, after what waits', async () => {
    const { inbox } = openInbox();
    inbox.push(1);
    inbox.fail(new Error('broken'));
    expect(await inbox.next()).toEqual({ done: false, value: 1 });
    await expect(inbox.next()).rejects.toThrow('broken');
    expect(await inbox.next()).toEqual(DONE);
  });

  it('tells a reader who waits that its source broke', async () => {
    const { inbox } = openInbox();
    const waiting = inbox.next();
    inbox.fail(new Error('broken'));
    await expect(waiting).rejects.toThrow('broken');
  });

  it('ends a waiting reader, forgets what waits and closes its source on return', async () => {
    const { inbox, calls } = openInbox(1);
    const waiting = inbox.next();
    await inbox.return();
    expect(await waiting).toEqual(DONE);
    inbox.push(1);
    expect(await inbox.next()).toEqual(DONE);
    expect(calls).toEqual(['close']);
  });

  it('does not leave its source paused when it is closed', async () => {
    const { inbox, calls } = openInbox(1);
    inbox.push(1);
    await inbox.return();
    expect(calls).toEqual(['pause', 'resume', 'close']);
  });
});
