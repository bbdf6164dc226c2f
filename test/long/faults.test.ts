import {
  describeActive,
  describeNamespace,
  describeStandby,
  describeStorage,
} from '../integration/support/fault-cases.js';

// Every kind on every plane; the quick ones are in test/integration/faults-*.test.ts too.
describeStandby();
describeActive();
describeStorage();
describeNamespace();
