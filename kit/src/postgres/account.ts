/** The account a server runs as: our own, except that PostgreSQL refuses to run as root. */
import { readFile, stat } from 'node:fs/promises';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that exist for such a purpose, best first. None is created: that would outlive us. */
const STAND_INS = ['postgres', 'nobody'];

/**
 * The account to switch to for the server of `cluster`, or undefined when it runs as we do. A folder that another
 * account already owns keeps that owner, so that the same folder also works without root.
 */
export async function serverAccount(cluster: string): Promise<Account | undefined> {
  const ownUid = process.getuid?.();
  const owner = await stat(cluster).catch(() => undefined);
  if (ownUid !== 0) {
    if (owner && owner.uid !== ownUid) {
      throw new Error(
        `${cluster} belongs to the account with uid ${owner.uid}, not to yours (${ownUid}): ` +
          'run as that account, or choose another folder with GRIDWORKS_DATA',
      );
    }
    return undefined;
  }
  if (owner && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const accounts = new Map(
    passwd.split('\n').map((line) => {
      const [name = '', , uid, gid] = line.split(':');
      return [name, { name, uid: Number(uid), gid: Number(gid) }];
    }),
  );
  for (const name of STAND_INS) {
    const account = accounts.get(name);
    if (account && account.uid > 0 && Number.isInteger(account.gid)) return account;
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody` to run it as: ' +
      'start as a normal user, or set DATABASE_URL',
  );
}
