import { describe, expect, it } from 'vitest';
import { decideDirection } from '../../../src/routing/direction.js';
import { firstDocument, type RoutingDocument } from '../../../src/routing/document.js';

const forward = firstDocument(new Date(0), { primary: 'p', secondary: 's' });
const reverse: RoutingDocument = { ...forward, epoch: 2, activeHub: 'secondary', direction: 'reverse' };
const skip = { kind: 'skip', reason: 'sourceIsStandby' };

describe('decideDirection', () => {
  it('applies the changes of the active hub and skips those of the standby', () => {
    expect(decideDirection(forward, 'primary')).toEqual({ kind: 'apply' });
    expect(decideDirection(forward, 'secondary')).toEqual(skip);
    expect(decideDirection(reverse, 'secondary')).toEqual({ kind: 'apply' });
    expect(decideDirection(reverse, 'primary')).toEqual(skip);
  });

  it('holds the active hub when paused, and still skips the echoes of the standby', () => {
    const paused: RoutingDocument = { ...forward, direction: 'paused' };
    expect(decideDirection(paused, 'primary')).toEqual({ kind: 'hold', reason: 'paused' });
    expect(decideDirection(paused, 'secondary')).toEqual(skip);
  });

  it('holds both hubs while draining and without a document', () => {
    const draining: RoutingDocument = { ...reverse, direction: 'draining' };
    for (const source of ['primary', 'secondary'] as const) {
      expect(decideDirection(draining, source)).toEqual({ kind: 'hold', reason: 'draining' });
      expect(decideDirection(undefined, source)).toEqual({ kind: 'hold', reason: 'stateStale' });
    }
  });
});
