// Runs before every script, on whatever Node the machine has: it must stay readable for old ones.
'use strict';
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    'This project needs Node 22.19 or newer and found ' +
      process.version +
      '.\n' +
      'npm ci normally brings its own Node 24 into node_modules/.bin. If it did not, run `npm rebuild node`,\n' +
      'or install Node 24 from https://nodejs.org and try again.',
  );
  process.exit(1);
}
