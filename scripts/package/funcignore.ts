/** Left out whatever .funcignore says, at every depth (`FileSystemHelpers.GetLocalFiles` of Azure Functions Core Tools 4). */
const neverSentFolders = new Set(['.git', '.vscode']);
const neverSentFiles = new Set([
  '.funcignore',
  '.gitignore',
  'appsettings.json',
  'local.settings.json',
  'project.lock.json',
]);

const toRegExp = (line: string): RegExp => {
  const escaped = line.replace(/^\//, '').replaceAll(/[-[\]/{}()+?.\\^$|]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('**', '(.+)').replaceAll('*', String.raw`([^\/]+)`)}`);
};

/**
 * Which files `func azure functionapp publish` sends, by a path with slashes from the app's folder. As `GitIgnoreParser` of Core Tools
 * reads .funcignore, which is not as git does: every pattern matches from the root and as a prefix, `**` is one character or more, `*`
 * one or more but a slash, and what any `!` pattern matches is sent, whatever the order.
 */
export function parseFuncignore(text: string): (path: string) => boolean {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const left = lines.filter((line) => !line.startsWith('!')).map(toRegExp);
  const kept = lines.filter((line) => line.startsWith('!')).map((line) => toRegExp(line.slice(1)));
  return (path) => {
    const folders = path.toLowerCase().split('/');
    const name = folders.pop() ?? '';
    if (neverSentFiles.has(name) || folders.some((folder) => neverSentFolders.has(folder))) return false;
    return kept.some((pattern) => pattern.test(path)) || !left.some((pattern) => pattern.test(path));
  };
}
