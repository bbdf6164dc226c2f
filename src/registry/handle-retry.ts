import { isAppError } from '../errors.js';
import { otherRole, type HubRole, type IdentityKey } from '../hub-model.js';
import type { HintHandlerOptions } from './handle-event.js';
import { parkHint, skipHint, type HintOutcome } from './hint-outcome.js';
import { orHeld, putBack } from './put-back.js';
import { parseRetryMessage } from './retry-message.js';
import { toMarkedMessage } from './sync-run.js';

/**
 * One message of the queue `registry-retry`: the identity is repaired by state, whatever first led to the message. Put back with
 * a longer delay for as long as it takes. Rejects with `held` only when even that fails; any other rejection is a defect, and
 * defects alone reach the poison queue.
 */
export const createRegistryRetryHandler =
  (options: HintHandlerOptions) =>
  async (raw: unknown): Promise<HintOutcome> => {
    const message = parseRetryMessage(raw, options.hubNames);
    if (message.kind === 'bad') return parkHint(options, { source: 'registry-retry', reason: message.reason }, raw);
    const { source, key, attempt, marked: isMarked } = message;
    const cause = message.deleteTold ? 'deleteTold' : 'hint';
    if (isMarked && !(await isDirty(options, source, key))) {
      return skipHint(options, 'alreadyRepaired', { hub: options.hubNames[source], ...key });
    }
    const outcome = await options.syncIdentity(source, key, cause);
    if (outcome.kind === 'done') return outcome;
    if (outcome.kind === 'nothing' && outcome.reason === 'sourceIsStandby') await turnMark(options, source, key);
    if (outcome.kind === 'nothing') return skipHint(options, outcome.reason, { hub: options.hubNames[source], ...key });
    await putBack(options, source, key, attempt + 1, outcome, { cause, isMarked });
    return { kind: 'queued', reason: outcome.kind === 'refused' ? 'refused' : outcome.reason };
  };

/**
 * The mark says that the hubs differ, and the direction has turned since: from now on the other hub's state is the one to be copied. The
 * new mark comes first, so that a process that ends in between leaves two and not none.
 */
const turnMark = async (options: HintHandlerOptions, source: HubRole, key: IdentityKey): Promise<void> => {
  const { ledger, queue, hubNames, clock } = options;
  const mark = await orHeld(ledger.readDirty(source, key));
  if (mark === undefined) return;
  const active = otherRole(source);
  const now = clock.now();
  await orHeld(ledger.markDirty(active, key, mark.reason, now, now));
  await orHeld(queue.enqueue(toMarkedMessage(hubNames[active], key), 0));
  await orHeld(ledger.clearDirty(source, mark));
};

/** Event Grid and the route both tell of a new device: whichever comes second finds its mark cleared by the first. */
const isDirty = async ({ ledger }: HintHandlerOptions, source: HubRole, key: IdentityKey): Promise<boolean> => {
  try {
    return (await ledger.readDirty(source, key)) !== undefined;
  } catch (error) {
    if (!isAppError(error)) throw error;
    // The repair meets the same, and puts the message back.
    return true;
  }
};
