/** What operators see of the running services. */
import { DateTime, connectionOf, enumOf } from '@gridworks/kit/graph';
import { Field, ID, Int, ObjectType } from 'type-graphql';

export type ServiceEventKind = 'HEALTH' | 'PERFORMANCE' | 'ERROR' | 'WARNING' | 'DEPLOYMENT';
export type ServiceStatus = 'UP' | 'DEGRADED' | 'DOWN';
export type DeploymentChange = 'STARTED' | 'STOPPED' | 'RELOADED';

export const ServiceEventKindEnum = enumOf<ServiceEventKind>(
  'ServiceEventKind',
  'What is told of a running service.',
  {
    HEALTH: 'How it is; told when that changes.',
    PERFORMANCE: 'What it answered and how fast; told once a minute where there was something.',
    ERROR: 'A bug, or a loss that nothing will mend by itself.',
    WARNING: 'Something that is tried again, or was done without.',
    DEPLOYMENT: 'It was started or stopped, or another graph came into force.',
  },
);

export const ServiceStatusEnum = enumOf<ServiceStatus>('ServiceStatus', 'How a service is.', {
  UP: 'All of its parts work.',
  DEGRADED: 'It serves, and some of its parts do not work.',
  DOWN: 'It was stopped. One that was killed tells nothing; the gateway misses it.',
});

export const DeploymentChangeEnum = enumOf<DeploymentChange>(
  'DeploymentChange',
  'What happened to a process of the product.',
  {
    STARTED: 'It serves.',
    STOPPED: 'It ended as it should.',
    RELOADED: 'It goes on with another supergraph.',
  },
);

@ObjectType({ description: 'How a service is.' })
export class ServiceHealth {
  @Field(() => ServiceStatusEnum, { description: 'How it is on the whole.' })
  status!: ServiceStatus;

  @Field(() => [String], { description: 'The parts that do not work; empty where it is not DEGRADED.' })
  failing!: readonly string[];
}

@ObjectType({ description: 'The requests that one process of a service answered within a period.' })
export class ServicePerformance {
  @Field(() => Int, { description: 'The length of the period in milliseconds.' })
  periodMs!: number;

  @Field(() => Int, { description: 'How many it answered; streams do not count.' })
  requests!: number;

  @Field(() => Int, { description: 'How many of these it answered with errors.' })
  errors!: number;

  @Field(() => Int, { description: 'Half of them took no longer, in microseconds.' })
  p50Us!: number;

  @Field(() => Int, { description: '95 of 100 took no longer, in microseconds.' })
  p95Us!: number;

  @Field(() => Int, { description: '99 of 100 took no longer, in microseconds.' })
  p99Us!: number;

  @Field(() => Int, { description: 'None took longer, in microseconds.' })
  maxUs!: number;
}

@ObjectType({ description: 'Something that went wrong. It names nobody and shows nothing of the inside.' })
export class ServiceFault {
  @Field(() => String, { description: 'Equal for faults of one cause.' })
  fingerprint!: string;

  @Field(() => String, { description: 'What went wrong.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What was thrown: the name of its class, and its code where it has one; null where nothing was.',
  })
  kind!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where in the service: a part of it, or a consumer of events; null where that is not known.',
  })
  part!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The request it happened in: the log has the rest under this id; null where it was in none.',
  })
  traceId!: string | null;

  @Field(() => Int, {
    description: 'How many of the same cause were not told since the last one: five a minute are.',
  })
  leftOut!: number;
}

@ObjectType({ description: 'A process of the product began or ended, or serves another graph.' })
export class Deployment {
  @Field(() => DeploymentChangeEnum, { description: 'What happened to it.' })
  change!: DeploymentChange;

  @Field(() => String, { description: 'The version of the product.' })
  version!: string;

  @Field(() => String, {
    description:
      'Tells the schema that it serves from any other: the supergraph of a gateway, or the schema of a subgraph. 16 hexadecimal digits.',
  })
  schemaHash!: string;
}

@ObjectType({
  description: 'Something that is told of a running service; for operators. It is kept for some days.',
})
export class ServiceEvent {
  @Field(() => ID, { description: 'Identifies the event; opaque.' })
  id!: string;

  @Field(() => String, {
    description: 'Pass it as `after` to go on from here, in the list or in the stream.',
  })
  cursor!: string;

  @Field(() => ServiceEventKindEnum, { description: 'What is told; the field of that name is not null.' })
  kind!: ServiceEventKind;

  @Field(() => String, {
    description:
      'The process by its name, or a subgraph within it: "gateway", "trading"; "gridworks" is all in one.',
  })
  service!: string;

  @Field(() => String, { description: 'Host and process: several may serve under one name.' })
  instance!: string;

  @Field(() => DateTime, { description: 'When it was so.' })
  at!: Date;

  @Field(() => ServiceHealth, {
    nullable: true,
    description: 'How the service is; null unless that is told.',
  })
  health!: ServiceHealth | null;

  @Field(() => ServicePerformance, {
    nullable: true,
    description: 'What it answered, and how fast; null unless that is told.',
  })
  performance!: ServicePerformance | null;

  @Field(() => ServiceFault, {
    nullable: true,
    description: 'What went wrong; null unless this is an error or a warning.',
  })
  fault!: ServiceFault | null;

  @Field(() => Deployment, {
    nullable: true,
    description: 'What was started or stopped; null unless that is told.',
  })
  deployment!: Deployment | null;
}

export const ServiceEventConnection = connectionOf(ServiceEvent, 'ServiceEvent', 'events');
