import type { HubRole } from '../hub-model.js';
import type { RoutingDocument } from './document.js';

export type Verdict =
  | { kind: 'apply' }
  | { kind: 'skip'; reason: 'sourceIsStandby' }
  | { kind: 'hold'; reason: 'paused' | 'draining' | 'stateStale' };

/** May changes of `source` be written to the other hub? Without a fresh document nobody can tell: hold, neither apply nor skip. */
export function decideDirection(document: RoutingDocument | undefined, source: HubRole): Verdict {
  if (!document) return { kind: 'hold', reason: 'stateStale' };
  if (document.direction === 'draining') return { kind: 'hold', reason: 'draining' };
  if (source !== document.activeHub) return { kind: 'skip', reason: 'sourceIsStandby' };
  return document.direction === 'paused' ? { kind: 'hold', reason: 'paused' } : { kind: 'apply' };
}
