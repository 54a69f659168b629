-- What ends is counted once a transaction, by the code that ends it. For the trigger's sake SQLite kept, at each single
-- UPDATE, a copy of every page that it touched: more than half of what the sender cost.
DROP TRIGGER delivery_ended;
