import type { BuiltInEndpoint } from './contract.js';

/**
 * What the state machine tells whoever plays a part in a hub's failover: the built-in endpoint and the hub's servers (`BuiltInHooks` of
 * lab/built-in is one), the rollback. Called synchronously, one after the other, each once per failover; what throws goes to the
 * laboratory's log and stops nobody else.
 */
export interface FailoverHooks {
  /** ARM shows `next` from now on and the AMQP redirect leads there. Telemetry goes on to the one before until forwarding stops. */
  endpointChanged?(
    next: BuiltInEndpoint,
    options: { consumerGroups: readonly string[]; offsetsRestart: boolean },
  ): void;
  /** The hub takes no telemetry and no connection until `dataFlows`. */
  forwardingStopped?(options: { blackHoled: boolean; rollBackMinutes: number }): void;
  /** ARM says Active and management calls are answered again. */
  active?(): void;
  /** The hub takes connections and telemetry again, into the new endpoint; the one before is gone. The end of the failover. */
  dataFlows?(): void;
  /** An operator made or removed a group on the endpoint that ARM shows: all of its groups, `$Default` included. */
  consumerGroupsChanged?(groups: readonly string[]): void;
}
