/** What the benchmark's clients ask of the shop, and what the one right answer to it is. */
import { buildSchema, execute, parse, type ExecutionResult, type GraphQLObjectType } from 'graphql';
import { SHOP_SUBGRAPHS } from './subgraphs.ts';

export type OperationName = 'nested' | 'small';

export interface BenchOperation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export const OPERATIONS: Readonly<Record<OperationName, BenchOperation>> = {
  /** Crosses from users to reviews to products and back, twice: hundreds of entities, few of them distinct. */
  nested: {
    query: `
      query Nested {
        users {
          ...Person
          reviews {
            ...Opinion
            product {
              ...Goods
              reviews { ...Opinion author { ...Person reviews { ...Opinion product { ...Goods } } } }
            }
          }
        }
        topProducts {
          ...Goods
          reviews { ...Opinion author { ...Person reviews { ...Opinion product { ...Goods } } } }
        }
      }
      fragment Person on User { id username name }
      fragment Opinion on Review { id body }
      fragment Goods on Product { upc name price weight inStock shippingEstimate }
    `,
  },
  /** Four calls: products, then inventory beside reviews, then accounts. */
  small: {
    query: `
      query Small($first: Int!) {
        topProducts(first: $first) {
          upc
          name
          price
          inStock
          shippingEstimate
          reviews { id body author { id name } }
        }
      }
    `,
    variables: { first: 3 },
  },
};

/** The answer without any gateway: the four subgraphs' resolvers over one schema, run by graphql itself. */
export async function rightAnswer(apiSdl: string, operation: BenchOperation): Promise<ExecutionResult> {
  const schema = buildSchema(apiSdl);
  for (const { resolvers } of Object.values(SHOP_SUBGRAPHS)) {
    for (const [typeName, fields] of Object.entries(resolvers)) {
      const known = (schema.getType(typeName) as GraphQLObjectType).getFields();
      for (const [name, resolve] of Object.entries(fields)) {
        if (known[name]) known[name].resolve = resolve as never;
      }
    }
  }
  return execute({
    schema,
    document: parse(operation.query),
    variableValues: operation.variables ?? {},
  });
}
