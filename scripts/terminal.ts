/** What a person at the terminal sees of a running graph, and how they end it. */
import { DEMO_PASSWORD, TENANTS, USERS } from '../prisma/seed/story.ts';

const STOP_MS_MAX = 2_700;

/** Ends the process cleanly on Ctrl-C or a termination signal; a second signal, or too long a wait, ends it at once. */
export function onStop(stop: () => Promise<void>): void {
  let stopping = false;
  const handle = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
}

export function welcome(url: string, { story }: { readonly story: boolean }): void {
  const people = Object.values(USERS)
    .filter((user) => user.tenantId === TENANTS.gridworks.id)
    .map((user) => user.email.split('@')[0])
    .join(', ');
  const lines = [
    '',
    `  GridWorks is up: ${url}/graphql`,
    '  Open it in a browser for GraphiQL with ready examples, live ticks among them.',
    ...(story
      ? [`  Sign in as ${people} (@gridworks.example), tenant "gridworks", password "${DEMO_PASSWORD}".`]
      : []),
    '  Ctrl-C stops it; the data stays.',
    '',
  ];
  console.log(lines.join('\n'));
}
