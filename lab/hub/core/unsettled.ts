import type { Unsettled } from '../../contracts.js';

const defaults: Unsettled = {
  moduleDeletesToldWithDevice: false,
  systemModulesTold: true,
  moduleEventsInEventGrid: false,
  reportedInBulkCreate: false,
  retryAfterOn429: false,
  expiredThumbprintRefused: false,
  edgeScopeRefusedInBulk: true,
  moduleUnauthorizedWithoutDevice: true,
  moduleErrorsInSecondEnvelope: true,
  timesPadded: true,
  largeDoublesTaken: true,
  queriesLagInMs: 1_400,
  deletedInQueriesForInMs: 0,
  otherHostNamesServeAll: false,
};

/** Every switch: as it was chosen, else its default. */
export const unsettledOf = (chosen: Partial<Unsettled> = {}): Readonly<Unsettled> => ({ ...defaults, ...chosen });
