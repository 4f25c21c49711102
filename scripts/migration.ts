/** `npm run migration -- name`: writes the SQL that leads from the migrations there are to the models. */
export { main } from '../prisma/diff.ts';
