import type { FailoverRefusal } from './contract.js';

/** A failover that the hub does not begin; nothing has changed. */
export class FailoverRefusedError extends Error {
  readonly reason: FailoverRefusal;
  constructor(reason: FailoverRefusal, message: string) {
    super(message);
    this.name = 'FailoverRefusedError';
    this.reason = reason;
  }
}
