/** One message of one device. Sequences count from 1 for each device. */
export interface NumberedMessage {
  deviceId: string;
  sequence: number;
}

interface TelemetryCounts {
  /** Distinct messages that devices had to send. */
  sent: number;
  /** Of these, acknowledged by the hub. */
  accepted: number;
  /** Attempts, of which a message takes more than one when the hub does not acknowledge it. */
  attempts: number;
}

/** What every device of a fleet sent, and what the hub acknowledged. */
export interface FleetTelemetryLedger {
  /** A device has it to send: it is open. */
  begin(message: NumberedMessage): void;
  /** Before each attempt to send it. */
  attempt(message: NumberedMessage): void;
  accepted(message: NumberedMessage): void;
  counts(): TelemetryCounts;
  /** In the order in which they were acknowledged. */
  acceptedMessages(): readonly NumberedMessage[];
  /** Not acknowledged: each device has at most one. */
  openMessages(): NumberedMessage[];
  /**
   * Acknowledged after more than one attempt: the hub may have taken an earlier one whose acknowledgement was lost, so that it holds the message twice.
   * A reader's duplicates of these are the devices', and no one else's.
   */
  resentMessages(): NumberedMessage[];
}

const nameOf = ({ deviceId, sequence }: NumberedMessage): string => `${sequence} ${deviceId}`;

export const createTelemetryLedger = (): FleetTelemetryLedger => {
  const open = new Map<string, { message: NumberedMessage; attempts: number }>();
  const accepted: NumberedMessage[] = [];
  const resent: NumberedMessage[] = [];
  let attempts = 0;
  return {
    begin: (message) => void open.set(nameOf(message), { message, attempts: 0 }),
    attempt: (message) => {
      const entry = open.get(nameOf(message));
      if (entry === undefined) return;
      attempts += 1;
      entry.attempts += 1;
    },
    accepted: (message) => {
      const entry = open.get(nameOf(message));
      if (entry === undefined) return;
      open.delete(nameOf(message));
      accepted.push(message);
      if (entry.attempts > 1) resent.push(message);
    },
    counts: () => ({ sent: accepted.length + open.size, accepted: accepted.length, attempts }),
    acceptedMessages: () => accepted,
    openMessages: () => [...open.values()].map(({ message }) => message),
    resentMessages: () => [...resent],
  };
};
