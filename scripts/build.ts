/** `node scripts/bootstrap.mjs build`: installs and bundles, as before every command, and nothing after. */
export async function main(): Promise<void> {
  console.log('Built: dist/.');
}
