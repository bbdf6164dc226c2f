import { mutantsOf, ofRegistry, type Mutant } from './mutants.js';

/** Evidence before anything is taken away (docs/decisions/0009). */
const evidence: Mutant[] = [
  ...mutantsOf('registry/evidence', ofRegistry('both-directions'), [
    ['the older row counts', 'knownAt(own) >= knownAt(turned)', 'knownAt(own) < knownAt(turned)'],
    ["somebody else's copy is evidence", "if (state !== 'copied' || kept !== undefined)", "if (state !== 'copied')"],
    ['a pending deletion is evidence', "if (state !== 'copied' || kept !== undefined)", 'if (kept !== undefined)'],
    ['a later step forgets its time', '...(stateAt !== undefined && { stateAt })', '...(stateAt && {})'],
  ]),
  ...mutantsOf('registry/copy-writer', ofRegistry('moves', 'deletes', 'plan-identity'), [
    ["another's write counts as ours", "return targetEtag === target.etag ? 'us' : 'others'", "return 'us'"],
    ["another's life counts as ours", "if (targetGenerationId !== target.generationId) return 'others'", ''],
    [
      'a lost answer makes us strangers',
      'if (writing !== undefined && writing ===',
      'if (writing === undefined && key ===',
    ],
    ["another's create counts as ours", "return writing === undefined ? 'unknown' : 'others'", "return 'unknown'"],
  ]),
  ...mutantsOf(
    'registry/plan-identity',
    [...ofRegistry('plan-identity', 'moves', 'deletes', 'sweep-marks'), 'test/unit/mirror/plan-evidence.test.ts'],
    [
      [
        'what nobody knows is removed',
        '(snapshot.isConfirmed ? givenUp(target, now) : undefined)',
        'givenUp(target, now)',
      ],
      ["another's copy is removed", "if (writer === 'others') return 'dpsMove';", ''],
      ['whoever is connected is removed', 'if (isHome || (row.kept', 'if ((row.kept'],
      [
        "another's copy is overwritten",
        "if (lastWriterOf(target, ledger) === 'others' && !snapshot.isAsked)",
        'if (!target)',
      ],
      [
        'whoever is connected is made anew',
        "if (isHome) return { kind: 'keep', reason: 'homeElsewhere', ledger };\n    return",
        'return',
      ],
      ['whoever is connected loses its keys', 'if (isHome && !sameAccess(content, target))', 'if (!isHome && !target)'],
      ['the grace is no grace', 'if (now < row.deleteAfter)', 'if (row.deleteAfter < now)'],
      [
        'a deletion long past is done at once',
        'row.deleteAfter === undefined || isLate',
        'row.deleteAfter === undefined',
      ],
      ['a create under way is forgotten', 'if (now < settlesAt) return', 'if (settlesAt < now) return'],
      ['hidden keys are copied', 'if (hidesItsKeys(source)) return', 'if (hidesItsKeys(source) && !source) return'],
    ],
  ),
  ...mutantsOf('registry/keep-copy', ofRegistry('moves', 'sweep-marks'), [
    ['a pending deletion outlives its keeping', "deleteAfter === undefined ? ledger.state : 'copied'", 'ledger.state'],
    ['a kept copy is on no list', "await on('storage', run.ledger.kept.keep(run.source, key, reason, now));", ''],
  ]),
  ...mutantsOf('registry/plan-with-care', ofRegistry('moves', 'deletes', 'modules'), [
    ['an emptied source is believed', 'await assertSourceKnowsOthers(run, key)', ''],
    ['a moved device loses its modules', 'key.moduleId === undefined ? closer :', 'closer.kind ? closer :'],
    [
      'what another instance of ours wrote is foreign',
      "if (plan.kind === 'keep') await assertNotOvertaken(run, pair);",
      '',
    ],
  ]),
  ...mutantsOf('registry/home', ofRegistry('moves'), [
    ['connected modules are nobody', 'return modules.some(', 'return modules.every('],
    ['our own connection is somebody', '&& run.reported?.isOurConnection?.(run.target, key) !== true', '&& key'],
  ]),
  ...mutantsOf('registry/witness', ofRegistry('moves', 'breaker'), [
    ['a source that knows nobody is believed', 'if (others.length < WITNESSES) return;', 'return;'],
    ['a small ledger takes nothing away', 'if (others.length < WITNESSES) return;', ''],
  ]),
  ...mutantsOf('registry/await-word', ofRegistry('breaker'), [
    [
      'a deletion that nobody told is carried out',
      "if (run.cause !== 'hint' || row.state",
      'if (run.cause || row.state',
    ],
    [
      'many that are missing open nothing',
      "limit + 1))) > limit) await openBreaker(run, 'sourceRolledBack');",
      'limit + 1))) > limit) return;',
    ],
  ]),
  ...mutantsOf('registry/confirm-delete', ofRegistry('confirm-delete'), [
    ['a confirmed delete is none', "{ deviceId }, 'confirmed')", "{ deviceId }, 'asked')"],
  ]),
];

const breaker: Mutant[] = [
  ...mutantsOf('registry/breaker', ofRegistry('breaker'), [
    [
      'an open breaker lets through',
      'if (before?.open) return { mayTake: false',
      'if (before?.open) return { mayTake: true',
    ],
    ['the limit lets one more through', 'if (state.taken >= limit)', 'if (state.taken > limit)'],
    [
      'a window never ends',
      'now.getTime() - before.windowStartedAt.getTime() < WINDOW_IN_MS;\n  const',
      'true;\n  const',
    ],
    [
      'a later life counts as an earlier one',
      'BigInt(generationId) < BigInt(than)',
      'BigInt(generationId) > BigInt(than)',
    ],
    [
      'a rolled-back source opens nothing',
      'open: before?.open ?? { since: now, reason }',
      '...(before?.open && { open: before.open })',
    ],
  ]),
  ...mutantsOf('registry/guard-taking', ofRegistry('breaker'), [
    ['an open breaker stops nobody', 'if (!mayTake) throw', 'if (mayTake === undefined) throw'],
    ['what was not done is counted', 'if (isCounted) await release(run);', ''],
    [
      'whoever comes second is not counted',
      "if (!isAppError(error, 'storageConflict') || race >= MAX_RACES) throw error;",
      'if (isAppError(error)) return;',
    ],
  ]),
  ...mutantsOf('registry/copy-identity', ofRegistry('breaker', 'moves', 'deletes'), [
    [
      'a version that went back is no news',
      'if (isKnown && version < (ledger?.sourceVersion ?? 0)) await tellRolledBack(run, source);',
      '',
    ],
    [
      'a write is not announced',
      'writeLedger(run, { ...ledger, writing: contentMark(content) })',
      'Promise.resolve({ ...ledger })',
    ],
  ]),
];

export const mutantsOfEvidence: readonly Mutant[] = [...evidence, ...breaker];
