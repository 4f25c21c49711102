/** Holds docker-compose.yml against the compose tool's own reading of it, where one is installed. */
import { spawnSync } from 'node:child_process';

const TOOLS = [['docker', 'compose'], ['docker-compose']] as const;

export async function main(): Promise<void> {
  const env = {
    ...process.env,
    GRIDWORKS_CALLER_SECRET: 'only so that the file can be read, nothing starts',
  };
  for (const [command, ...args] of TOOLS) {
    if (spawnSync(command, [...args, 'version'], { env }).status !== 0) continue;
    const { status, stderr } = spawnSync(
      command,
      [...args, '-f', 'docker-compose.yml', 'config', '--quiet'],
      {
        env,
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`docker-compose.yml is not valid:\n${stderr}`);
    console.log('docker-compose.yml is valid.');
    return;
  }
  console.log('docker-compose.yml was not checked: no compose tool is installed here.');
}
