import type { HubErrorShape } from '../contracts.js';
import type { z } from 'zod';
import { FaultError } from '../faults/fault-store.js';
import type { FailoverRefusal } from '../hub-failover/contract.js';
import { FailoverRefusedError } from '../hub-failover/failover-refused-error.js';
import { RollBackError } from '../rollback/journal.js';

/** Every refusal of the control API has a code of this closed list. */
export type ControlErrorCode =
  | 'notLoopback' // the Host header names something else: a web page that had its name point here (DNS rebinding)
  | 'notJson'
  | 'invalidBody'
  | 'noSuchPlane'
  | 'notOnThisPlane'
  | 'noJournal' // rollback without the option `journal`
  | 'beyondJournal'
  | 'unknownFault'
  | FailoverRefusal
  | 'refusedByHub' // the hub's own refusal, such as an id that exists
  | 'notFound'
  | 'failed'; // a defect, or a port that does not open again

export class ControlError extends Error {
  readonly status: 400 | 403 | 404 | 409 | 500;
  readonly code: ControlErrorCode;
  readonly issues: string[] | undefined;

  constructor(status: ControlError['status'], code: ControlErrorCode, message: string, issues?: string[]) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
    this.code = code;
    this.issues = issues;
  }
}

const isHubError = (error: unknown): error is HubErrorShape =>
  error instanceof Error && 'errorName' in error && 'status' in error;

export const toControlError = (error: unknown): ControlError => {
  if (error instanceof ControlError) return error;
  if (isHubError(error)) return new ControlError(409, 'refusedByHub', `${error.errorName}: ${error.message}`);
  if (error instanceof FaultError) return new ControlError(400, error.code, error.message);
  if (error instanceof FailoverRefusedError) return new ControlError(409, error.reason, error.message);
  if (error instanceof RollBackError) return new ControlError(409, error.code, error.message);
  return new ControlError(500, 'failed', error instanceof Error ? error.message : String(error));
};

export const invalidBody = (error: z.ZodError): ControlError =>
  new ControlError(
    400,
    'invalidBody',
    'the body is not what this operation takes',
    error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`),
  );
