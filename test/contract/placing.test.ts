/** Systems that only place modules. */
import { testContract } from './contract.ts';

testContract(({ changesCalls }) => !changesCalls);
