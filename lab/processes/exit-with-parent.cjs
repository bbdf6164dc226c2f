// For `node --require`: ends this process when its parent is gone, however the parent ended (kill -9 closes the channel too).
'use strict';
process.once('disconnect', () => process.exit(1));
