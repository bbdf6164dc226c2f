import { mutantsOf, ofRegistry, ofRouting, ofTwins, type Mutant } from './mutants.js';

/** One order of state copies and stream writes (docs/decisions/0011). */
const order: Mutant[] = [
  ...mutantsOf('twin/copy-age', ofTwins('copy-age'), [
    ['a report counts as contained', "return queue === 'writes' ? 'contained' : 'doubtful'", "return 'contained'"],
    ['a copy without a row is written to', "if (copy === undefined) return 'doubtful'", "if (!copy) return 'after'"],
    [
      'a hub whose clock is ahead makes changes new',
      'Math.min(event.operationTimestamp?.getTime() ?? Infinity, raw.enqueuedAt?.getTime() ?? Infinity)',
      '(event.operationTimestamp ?? raw.enqueuedAt)?.getTime() ?? Infinity',
    ],
    ['clocks agree', 'const CLOCKS_APART_IN_MS = 2_000', 'const CLOCKS_APART_IN_MS = 0'],
    ['a change of a life before the copy is new', "part === 'perhaps' || isUpTo(copy.begunAt)", "part === 'perhaps'"],
    [
      'a lower version alone counts as contained',
      "return isUpTo(state.at) ? 'yes' : 'no';\n}",
      "return state.at ? 'yes' : 'no';\n}",
    ],
    ['a higher version counts as contained', "if (version > state.version) return 'no';", ''],
    [
      'a change behind a contained one is skipped with it',
      "return ages.has('after') ? 'split' : 'skip'",
      "return 'skip'",
    ],
    [
      'a doubtful change is written with a new one',
      "if (ages.has('doubtful')) return 'byState'",
      "if (ages.has('doubtful') && ages.size === 1) return 'byState'",
    ],
  ]),
  ...mutantsOf('twin/copy-look', ofTwins('copy-age', 'write-document'), [
    [
      'what was copied once counts as there',
      'isRead && etag !== undefined && etag === mark?.state?.etag',
      'isRead && etag !== undefined && mark?.state !== undefined',
    ],
    [
      'an ETag of another life of the copy is used',
      'return known?.generationId === mark?.generationId ? known?.etag : undefined',
      'return mark && known?.etag',
    ],
    ['a conflict is tried again with the same ETag', 'if (isContended) return', 'if (isContended && !key) return'],
    ['a device that was just moved is written to', 'copy.isConnected === true &&', 'copy.isConnected === undefined &&'],
    ['whoever set parents there is mirrored no more', 'copy.isConnected === true &&', ''],
  ]),
  ...mutantsOf('twin/write-identity', ofTwins('copy-age', 'replay-patch', 'write-document'), [
    ['a moved copy is written to', "if (look.mark?.isMoved) return skip('dpsMove', count, fx);", ''],
    ['a doubtful change is written', "if (plan === 'byState') return replicateInstead(key, items, fx);", ''],
    [
      'covered is skipped whatever the copy shows',
      "if (standsAsCopied(look)) return skip('coveredByState', count, fx);",
      "if (standsAsCopied(look) || look.mark) return skip('coveredByState', count, fx);",
    ],
    [
      'the row is not looked at again after a conflict',
      "step.kind !== 'conflict' && step.kind !== 'covered'",
      "step.kind !== 'covered'",
    ],
    [
      'what is left of a batch is written after its state was copied',
      "if (write.kind !== 'barrier' && step.kind === 'covered') dropCovered(work, fx);",
      '',
    ],
  ]),
  ...mutantsOf('twin/write-document', ofTwins('copy-age', 'write-document'), [
    ['a patch has no condition', 'toTwinPatch(write.document), etag)', "toTwinPatch(write.document), etag && '*')"],
    [
      'a replace goes on from another copy',
      "if (etag !== undefined && etag !== copy.etag) return { kind: 'conflict' };",
      '',
    ],
    ['a replace has no condition', 'patchTwin(key, patch, copy.etag)', "patchTwin(key, patch, '*')"],
    [
      'a conflict is a hold',
      "isAppError(error, 'preconditionFailed') ? { kind: 'conflict' } : classifyFailure(error)",
      "isAppError(error, 'deviceDisabled') ? { kind: 'conflict' } : classifyFailure(error)",
    ],
  ]),
  ...mutantsOf('registry/read-pair', ofRegistry('sync-identity'), [
    [
      'the source is read before the target',
      `const target = await on('target', run.targetHub.getIdentity(key));
  const source = await on('source', run.sourceHub.getIdentity(key));`,
      `const source = await on('source', run.sourceHub.getIdentity(key));
  const target = await on('target', run.targetHub.getIdentity(key));`,
    ],
  ]),
  ...mutantsOf('registry/copy-twin', ofRegistry('sync-identity', 'moves'), [
    ['a move under way is overwritten', 'await assertNotMoved(run, target, identity);', ''],
    ['a twin by state has no condition', 'patchTwin(key, patch, target.etag)', "patchTwin(key, patch, '*')"],
  ]),
];

/** Marks and their messages (hostile run R3). */
const marks: Mutant[] = [
  ...mutantsOf('registry/sweep-marks', ofRegistry('sweep-marks'), [
    ['a swept mark is swept by each run', 'await ledger.postponeDirty(source, key, clock.now());', ''],
    ["a standby's deletions are swept", ".kind !== 'apply') continue", ".kind === 'hold') continue"],
    ['a mark with a message is renewed', 'if ((await ledger.readDirty(source, key)) !== undefined) continue;', ''],
    [
      'marks that are not due are swept',
      'listOverdue(source, new Date(now.getTime() - overdueInMs)',
      'listOverdue(source, new Date(now.getTime() + overdueInMs)',
    ],
  ]),
  ...mutantsOf('registry/handle-retry', ofRegistry('handle-retry'), [
    [
      'a mark of a direction that turned is dropped',
      "outcome.reason === 'sourceIsStandby') await turnMark",
      'false) await turnMark',
    ],
  ]),
  ...mutantsOf('registry/sync-identity', ofRegistry('obstacles', 'sync-identity'), [
    [
      'a mark set during a repair is cleared',
      'if (mark !== undefined) await clear(run, mark);',
      'const now = mark && (await run.ledger.readDirty(run.source, key));\n  if (now) await clear(run, now);',
    ],
  ]),
];

/** Which document decides (docs/decisions/0008). */
const quorum: Mutant[] = [
  ...mutantsOf('routing/choose', ofRouting('choose', 'state-quorum'), [
    ['one of two decides', 'Math.floor(answers.length / 2) + 1', 'Math.ceil(answers.length / 2)'],
    ['a store that lost its document vouches', 'missing.filter(({ hadOne }) => !hadOne).length', 'missing.length'],
    [
      'an older document is confirmed',
      'if (best.epoch < floor || (highest && compareAge(best, highest.document) < 0))',
      'if (!best)',
    ],
    ['what was in force before a restart is forgotten', 'if (best.epoch < floor || (highest', 'if ((highest'],
    ['any jump is taken', 'document.epoch <= knownEpoch + MAX_JUMP', 'document.epoch <= Infinity'],
    [
      'a lost document is made anew',
      'highest !== undefined || floor > 0 || missing.some(({ hadOne }) => hadOne)',
      'false',
    ],
    ['two active hubs of one epoch agree', 'a.activeHub !== b.activeHub ||', ''],
  ]),
  ...mutantsOf('routing/direction', ofRouting('direction'), [
    [
      'draining lets changes through',
      "if (document.direction === 'draining') return { kind: 'hold', reason: 'draining' };",
      '',
    ],
    [
      "the standby's changes are written",
      'if (source !== document.activeHub)',
      'if (source === document.previousActiveHub)',
    ],
  ]),
];

export const mutantsOfOrder: readonly Mutant[] = [...order, ...marks, ...quorum];
