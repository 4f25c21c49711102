/** One line on standard output, at once. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
