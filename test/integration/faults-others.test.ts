import { describeActive, describeClocks, describeNamespace, describeStorage } from './support/fault-cases.js';

// The other kinds are in test/long/faults.test.ts.
describeActive('stop', 'half', 'empty 204');
describeStorage('stop', 'refuse');
describeNamespace('stop', 'blackHole', 'status 503');
describeClocks();
