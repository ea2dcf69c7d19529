import { render } from 'preact';
import { Levels } from './levels';

const root = document.getElementById('app');
if (root === null) {
  throw new Error('index.html has no #app');
}
render(<Levels />, root);
