// Azurite has no way to end with its parent: forkManaged's preload ends this process, and Azurite keeps nothing on disk.
'use strict';
require('azurite/dist/src/azurite.js');
