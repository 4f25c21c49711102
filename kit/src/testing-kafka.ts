/** A real broker for tests: Apache Kafka by itself (KRaft), from the jars of the machine. It can be stopped and started. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testKafkaLibs } from './config.ts';

export interface TestKafka {
  readonly brokers: readonly string[];
  /** Ends the broker at once, as a crash does; what it had acknowledged stays. */
  kill(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
  /** Ends it and removes what it kept. */
  discard(): Promise<void>;
}

/** Undefined where the machine has no jars of Kafka. */
export async function startTestKafka(): Promise<TestKafka | undefined> {
  const libs = testKafkaLibs();
  if (libs === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'gridworks-kafka-'));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settings = join(folder, 'server.properties');
  await writeFile(settings, SETTINGS(folder, port, controllerPort));
  const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*')];
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', settings];
  const { status, stderr } = spawnSync('java', [...java, ...format], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Kafka's storage could not be made: ${stderr}`);

  let broker: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (!broker) return;
    const ended = once(broker, 'exit');
    broker.kill('SIGKILL');
    await ended;
    broker = undefined;
  };
  const start = async (): Promise<void> => {
    const started = spawn('java', [...java, 'kafka.Kafka', settings], { stdio: 'ignore' });
    broker = started;
    // It listens once it can serve.
    while (!(await isListening(port))) {
      if (started.exitCode !== null) throw new Error('the broker ended instead of starting');
      await sleep(100);
    }
  };
  await start();
  return {
    brokers: [`127.0.0.1:${port}`],
    kill,
    start,
    discard: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Any id in the form that Kafka wants. */
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk';

const SETTINGS = (folder: string, port: number, controllerPort: number): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=${join(folder, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
