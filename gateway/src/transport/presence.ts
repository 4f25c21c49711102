/** Whether a subgraph that is served elsewhere can be reached. */
import type { Transport } from './transport.ts';

/** Asks it for nothing but a sign of life. Never rejects. */
export function isThere(transport: Transport): Promise<boolean> {
  return transport.post('/health', undefined).then(
    () => true,
    () => false,
  );
}
