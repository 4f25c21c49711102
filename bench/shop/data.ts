/** What the benchmark's shop holds. Every number of it is fixed, so that every run asks for the same answers. */

export interface User {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly birthday: number;
}

export interface Product {
  readonly upc: string;
  readonly name: string;
  readonly price: number;
  readonly weight: number;
  readonly inStock: boolean;
}

export interface Review {
  readonly id: string;
  readonly body: string;
  readonly author: User;
  readonly product: Product;
}

const PEOPLE = ['Meera Iyer', 'Jonas Lind', 'Ada Okafor', 'Tomás Rey', 'Yuki Mori', 'Lena Brandt'];
const GOODS = ['Table', 'Couch', 'Chair', 'Lamp', 'Shelf', 'Carpet', 'Mirror', 'Clock', 'Bench'];
/** Author and product of each review; some authors and products have many, as in life. */
const WRITTEN: readonly (readonly [author: number, product: number])[] = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 3],
  [2, 1],
  [2, 4],
  [3, 0],
  [3, 5],
  [4, 2],
  [4, 1],
  [5, 0],
  [5, 6],
];

export const USERS: readonly User[] = PEOPLE.map((name, index) => ({
  id: `u${index + 1}`,
  name,
  username: name.toLowerCase().replace(' ', '.'),
  birthday: 631_152_000 + index * 86_400_000,
}));

export const PRODUCTS: readonly Product[] = GOODS.map((name, index) => ({
  upc: `p${index + 1}`,
  name,
  price: 120 + index * 145,
  weight: 20 + index * 35,
  inStock: index % 3 !== 2,
}));

export const REVIEWS: readonly Review[] = WRITTEN.map(([author, product], index) => ({
  id: `r${index + 1}`,
  body: `Number ${index + 1}: holds what it promises, and the assembly took one evening.`,
  author: USERS[author] as User,
  product: PRODUCTS[product] as Product,
}));

export const userOf: ReadonlyMap<string, User> = new Map(USERS.map((each) => [each.id, each]));
export const productOf: ReadonlyMap<string, Product> = new Map(PRODUCTS.map((each) => [each.upc, each]));
export const reviewOf: ReadonlyMap<string, Review> = new Map(REVIEWS.map((each) => [each.id, each]));

/** What sending a product costs; dear and light things travel for nothing. */
export function shippingOf({ price, weight }: Pick<Product, 'price' | 'weight'>): number {
  return price > 1_000 ? 0 : Math.round(weight * 0.5);
}
