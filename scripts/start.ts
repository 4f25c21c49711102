/** `npm start`: the whole graph in one process, on embedded defaults. */
import { readConfig } from '@gridworks/kit/config';
import { listen } from '@gridworks/kit/http';
import { openDatabase } from './platform.ts';
import { onStop, welcome } from './terminal.ts';

export async function main(): Promise<void> {
  const config = readConfig();
  // A taken port is better told before the database has been started.
  await (await listen(config.host, config.port, async () => undefined)).close();
  const opening = openDatabase(config, { alone: true });
  opening.catch(() => undefined);
  // The database is made by other processes; the graph's code, seconds of loading, comes in meanwhile.
  const { runGraph } = await import('./graph.ts');
  const database = await opening;
  const graph = await runGraph(config, database);
  onStop(async () => {
    await graph.stop();
    await database.close();
  });
  welcome(`http://${config.host}:${graph.port}`, { story: config.story });
}
